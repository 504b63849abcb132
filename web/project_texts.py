"""Translated texts for the scripts that show who is here in a project."""

from django.utils.translation import gettext as _


def project_texts() -> dict[str, str]:
    """Sentences by name; the script fills in their ``{places}``."""
    return {
        "you": _("You"),
        "editing": _("is editing {name}"),
        "presenting": _("is presenting {name}"),
        "viewing": _("is viewing {name}"),
        "inWorkspace": _("in {name}"),
        "oneEditor": _("{name} is editing this poll, too."),
        "someEditors": _("{names} are editing this poll, too."),
        "bothSaved": _("Whoever saves second will see both versions."),
    }
