"""The forms of projects, workspaces and invitations. The services validate."""

from typing import Any

from django import forms
from django.http import QueryDict
from django.utils.translation import gettext_lazy as _

from apikit.errors import PreconditionFailedError
from polls.models import PollKind
from web.forms.base import PageForm, TextField
from web.forms.kinds.base import MAX_DIGITS
from web.forms.kinds.registry import KIND_CHOICES
from web.forms.polls import VISIBILITIES
from web.role_texts import ROLE_NAMES
from workspaces.models import DESCRIPTION_MAX_CHARS, NAME_MAX_CHARS, Project, Workspace
from workspaces.permissions import Role
from workspaces.settings import PollDefaults, read_settings

COLORS = [
    ("", _("No color")),
    ("gray", _("Gray")),
    ("red", _("Red")),
    ("orange", _("Orange")),
    ("yellow", _("Yellow")),
    ("green", _("Green")),
    ("teal", _("Teal")),
    ("blue", _("Blue")),
    ("purple", _("Purple")),
    ("pink", _("Pink")),
]
NO_DEFAULT = ("", _("No default"))
SWITCHES = [NO_DEFAULT, ("yes", _("Yes")), ("no", _("No"))]


def _name_field() -> TextField:
    return TextField(
        label=_("Name"),
        max_length=NAME_MAX_CHARS,
        widget=forms.TextInput(attrs={"dir": "auto", "autocomplete": "off"}),
        error_messages={"required": _("Enter a name.")},
    )


def _description_field() -> forms.CharField:
    return forms.CharField(
        label=_("Description"),
        max_length=DESCRIPTION_MAX_CHARS,
        required=False,
        help_text=_("Optional."),
        widget=forms.Textarea(attrs={"rows": 3, "dir": "auto"}),
    )


class RevisionForm(PageForm):
    """A form that carries the revision it was loaded with; 0 for something new."""

    revision = forms.CharField(required=False, widget=forms.HiddenInput)
    has_conflict = False

    def expected_revisions(self) -> list[int]:
        """Returns the revision for the service; an invalid one matches nothing."""
        sent = self.cleaned_data.get("revision", "")
        return [int(sent) if sent.isdecimal() and len(sent) <= MAX_DIGITS else 0]

    def note_conflict(self, revision: int) -> None:
        """Explains that somebody has saved meanwhile; the next save overwrites ``revision``."""
        self.refuse(PreconditionFailedError())
        self.has_conflict = True
        self.answer_status = PreconditionFailedError.http_status
        data = QueryDict(mutable=True)
        data.update(self.data)
        data["revision"] = str(revision)
        self.data = data


class ProjectForm(RevisionForm):
    """Creates or changes a project."""

    name = _name_field()
    description = _description_field()

    def __init__(self, data: object = None, *, project: Project | None = None) -> None:
        initial = (
            {
                "name": project.name,
                "description": project.description,
                "revision": project.revision,
            }
            if project
            else {}
        )
        super().__init__(data, initial=initial)


class WorkspaceForm(RevisionForm):
    """Creates or changes a workspace and its settings."""

    name = _name_field()
    description = _description_field()
    color = forms.ChoiceField(label=_("Color"), choices=COLORS, required=False)
    kind = forms.ChoiceField(
        label=_("Kind of poll"), choices=[NO_DEFAULT, *KIND_CHOICES], required=False
    )
    allow_change = forms.ChoiceField(
        label=_("Voters can change or take back their vote"), choices=SWITCHES, required=False
    )
    results_visibility = forms.ChoiceField(
        label=_("Show results to voters"), choices=[NO_DEFAULT, *VISIBILITIES], required=False
    )

    def __init__(self, data: object = None, *, workspace: Workspace | None = None) -> None:
        super().__init__(data, initial=_initial_of(workspace) if workspace else {})

    def settings(self) -> dict[str, Any]:
        """Returns the settings as JSON, for the service."""
        values = self.cleaned_data
        switch = values["allow_change"]
        return {
            "description": values["description"].replace("\r\n", "\n"),
            "color": values["color"] or None,
            "pollDefaults": {
                "kind": values["kind"] or None,
                "allowChange": None if not switch else switch == "yes",
                "resultsVisibility": values["results_visibility"] or None,
            },
        }


class InvitationForm(PageForm):
    """Invites a person by email."""

    email = forms.CharField(
        label=_("Email address"),
        max_length=254,
        widget=forms.EmailInput(attrs={"dir": "ltr", "autocomplete": "off"}),
        error_messages={"required": _("Enter an email address.")},
    )
    role = forms.ChoiceField(
        label=_("Role"),
        choices=[(role.value, ROLE_NAMES[role]) for role in Role],
        initial=Role.COLLABORATOR.value,
    )


def _initial_of(workspace: Workspace) -> dict[str, Any]:
    settings = read_settings(workspace.settings)
    defaults = settings.poll_defaults
    switch = defaults.allow_change
    return {
        "name": workspace.name,
        "revision": workspace.revision,
        "description": settings.description,
        "color": settings.color or "",
        "kind": defaults.kind or "",
        "allow_change": "" if switch is None else "yes" if switch else "no",
        "results_visibility": defaults.results_visibility or "",
    }


def poll_initial_of(workspace: Workspace | None) -> dict[str, Any]:
    """Returns what the form of a new poll has at first in this workspace."""
    defaults = read_settings(workspace.settings).poll_defaults if workspace else PollDefaults()
    return {
        "kind": defaults.kind or PollKind.SINGLE.value,
        "allow_change": bool(defaults.allow_change),
        "results_visibility": defaults.results_visibility or VISIBILITIES[0][0],
    }
