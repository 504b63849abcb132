"""The forms of projects in the admin."""

from typing import Any

from django import forms

from accounts.form_fields import EmailField
from accounts.identity import EMAIL_MAX_CHARS
from accounts.moderation.forms import ReasonForm, ServiceForm
from apikit.forms import LineField, ParagraphField
from workspaces.models import DESCRIPTION_MAX_CHARS, NAME_MAX_CHARS, Project


class ProjectForm(ServiceForm[Project]):
    """``revision`` is the one that the form was rendered with, to detect concurrent edits."""

    name = LineField(max_length=NAME_MAX_CHARS)
    description = ParagraphField(
        max_length=DESCRIPTION_MAX_CHARS,
        required=False,
        widget=forms.Textarea(attrs={"rows": 3, "cols": 70}),
    )
    revision = forms.IntegerField(widget=forms.HiddenInput)

    def changes(self) -> dict[str, Any]:
        """Return the changed fields, as ``update_project`` takes them."""
        names = set(self.changed_data) - {"revision"}
        return {name: self.cleaned_data[name] for name in sorted(names)}


class NewOwnerForm(ReasonForm):
    """Asks who gets a project, and why."""

    email = EmailField(
        max_length=EMAIL_MAX_CHARS,
        label="Email address of the new owner",
        help_text="Of an account. If it is not in the project, it becomes a member.",
    )
    field_order = ("email", "reason")
