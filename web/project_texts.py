"""Translated texts for the scripts that show who is here in a project."""

from django.utils.translation import gettext as _


def project_texts() -> dict[str, str]:
    """Sentences by name; the script fills in their ``{places}``."""
    return {
        "edits": _("is editing “{name}”"),
        "presents": _("is presenting “{name}”"),
        "views": _("is viewing “{name}”"),
        "oneEditor": _("{names} is editing this poll, too."),
        "someEditors": _("{names} are editing this poll, too."),
        "bothSaved": _("If you both save, the second one sees both versions."),
        "others": _("others"),
    }
