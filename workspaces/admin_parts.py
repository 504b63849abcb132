"""What the admin pages of projects, members, invitations and activities have in common."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.db.models import Model
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from accounts.moderation.base import M, ModerationAdmin
from workspaces.models import Project, Workspace


def project_link(project: Project) -> SafeString:
    """Return the name of a project, linked to its page in the admin."""
    return _link("admin:workspaces_project_change", project.pk, project.name)


def workspace_link(workspace: Workspace) -> SafeString:
    """Return the name of a workspace, linked to its page in the admin."""
    return _link("admin:workspaces_workspace_change", workspace.pk, workspace.name)


def person_link(user_id: UUID, name: str) -> SafeString:
    """Return the name of an account, linked to its page in the admin."""
    return _link("admin:accounts_user_change", user_id, name)


def list_of(list_page: str, **filters: UUID) -> str:
    """Return the address of a list in the admin with filters."""
    return f"{reverse(f'admin:{list_page}_changelist')}?{urlencode(filters)}"


def set_counts(rows: list[Any], **counts: Mapping[UUID, int]) -> None:
    """Set attributes of rows by their ids, 0 for those without a count."""
    for row in rows:
        for name, by_id in counts.items():
            setattr(row, name, by_id.get(row.pk, 0))


class ReadOnlyAdmin(ModerationAdmin[M]):
    """Pages without a form; seeing a list is enough to use its actions."""

    sortable_by = ()

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return obj is None


def _link(page: str, key: UUID, text: str) -> SafeString:
    return format_html('<a href="{}">{}</a>', reverse(page, args=[key]), text)
