"""Request bodies and queries of the project and workspace endpoints."""

from typing import Any

from rest_framework import serializers
from rest_framework.exceptions import ValidationError

from accounts.identity import EMAIL_MAX_CHARS
from accounts.identity import NAME_MAX_CHARS as PERSON_NAME_MAX_CHARS
from apikit.errors import ValidationFailedError
from apikit.pagination import PageQuerySerializer
from apikit.searching import SEARCH_RULE
from apikit.serializers import (
    ChoiceField,
    IdField,
    ParagraphField,
    StrictSerializer,
    TextField,
)
from apikit.wire_fields import WireField
from workspaces.models import DESCRIPTION_MAX_CHARS, NAME_MAX_CHARS
from workspaces.permissions import Role
from workspaces.settings import WorkspaceSettings, check_settings


class SettingsField(WireField):
    """The settings of a workspace; kept as JSON, because the service checks them as well."""

    def __init__(self, **options: Any) -> None:
        super().__init__(WorkspaceSettings, **options)

    def to_internal_value(self, data: Any) -> Any:
        try:
            check_settings(data)
        except ValidationFailedError as refusal:
            raise ValidationError(
                {each.field.removeprefix("settings."): [each.message] for each in refusal.errors}
                if isinstance(data, dict)
                else [each.message for each in refusal.errors]
            ) from refusal
        return data


class _DescriptionField(ParagraphField):
    def __init__(self) -> None:
        super().__init__(
            max_length=DESCRIPTION_MAX_CHARS,
            required=False,
            allow_blank=True,
            help_text="Plain text; empty by default.",
        )


class ProjectCreateSerializer(StrictSerializer):
    name = TextField(max_length=NAME_MAX_CHARS)
    description = _DescriptionField()


class ProjectChangeSerializer(StrictSerializer):
    name = TextField(max_length=NAME_MAX_CHARS, required=False)
    description = _DescriptionField()


class NewMemberSerializer(StrictSerializer):
    email = TextField(
        max_length=EMAIL_MAX_CHARS, help_text="The address of the person, in any spelling."
    )
    role = ChoiceField(choices=Role.choices)


class RoleSerializer(StrictSerializer):
    role = ChoiceField(choices=Role.choices)


class NewOwnerSerializer(StrictSerializer):
    userId = IdField(source="user_id", help_text="The account of another member.")


class WorkspaceCreateSerializer(StrictSerializer):
    name = TextField(max_length=NAME_MAX_CHARS)
    settings = SettingsField(required=False)


class WorkspaceChangeSerializer(StrictSerializer):
    name = TextField(max_length=NAME_MAX_CHARS, required=False)
    settings = SettingsField(
        required=False, help_text="Replaces all settings; what is left out gets its default."
    )


class ProjectQuerySerializer(PageQuerySerializer):
    search = TextField(
        required=False,
        max_length=NAME_MAX_CHARS,
        allow_blank=True,
        help_text=f"Only projects whose name contains this text. {SEARCH_RULE}",
    )


class ProjectMemberQuerySerializer(PageQuerySerializer):
    search = TextField(
        required=False,
        max_length=PERSON_NAME_MAX_CHARS,
        allow_blank=True,
        help_text=f"Only members whose name contains this text. {SEARCH_RULE}",
    )


class WorkspaceQuerySerializer(PageQuerySerializer):
    search = TextField(
        required=False,
        max_length=NAME_MAX_CHARS,
        allow_blank=True,
        help_text=f"Only workspaces whose name contains this text. {SEARCH_RULE}",
    )
    archived = serializers.BooleanField(
        source="with_archived", default=False, help_text="`true` also lists archived workspaces."
    )
