"""Translated texts for the scripts that show who is here in a project."""

from django.utils.translation import gettext as _


def project_texts() -> dict[str, str]:
    """Sentences by name; the script fills in their ``{places}``."""
    return {
        "you": _("You"),
        "inPoll": _("{poll}"),
        "editing": _("edits {poll}"),
        "presenting": _("presents {poll}"),
        "viewing": _("looks at {poll}"),
        "inWorkspace": _("in {workspace}"),
        "alsoEditing": _("{names} is editing this poll, too. Save in turns: who saves second sees both versions."),
    }
