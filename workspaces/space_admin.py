"""Workspaces in the admin, to read only."""

from collections.abc import Callable

from django.contrib import admin
from django.contrib.admin.views.main import ChangeList
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.safestring import SafeString

from accounts.moderation.base import mark_text, moment_text, number_text
from accounts.moderation.filters import CreatedFilter
from apikit.searching import found_by
from workspaces.admin_filters import ArchivedFilter
from workspaces.admin_parts import ReadOnlyAdmin, project_link, set_counts
from workspaces.hooks import polls_per_workspace
from workspaces.models import Workspace

# Links that apps above add to a workspace's page: label and address.
workspace_links: list[tuple[str, Callable[[Workspace], str]]] = []


@admin.register(Workspace)
class WorkspaceAdmin(ReadOnlyAdmin[Workspace]):
    """Lists workspaces with three queries besides those of every page."""

    fields = ("name", "project_shown", "state", "polls", "settings", "created_at", "updated_at")
    list_display = ("name", "project_shown", "state", "polls", "made")
    list_filter = (ArchivedFilter, CreatedFilter)
    lookups = frozenset({"project"})
    ordering = ("-id",)
    search_fields = ("name", "project__name")
    search_help_text = "Part of the name of the workspace or its project."

    def get_queryset(self, request: HttpRequest) -> QuerySet[Workspace]:
        return super().get_queryset(request).select_related("project")

    def get_changelist_instance(self, request: HttpRequest) -> ChangeList:
        changelist = super().get_changelist_instance(request)
        spaces = list(changelist.result_list)
        set_counts(spaces, poll_count=polls_per_workspace([each.pk for each in spaces]))
        changelist.result_list = spaces
        return changelist

    def get_object(
        self, request: HttpRequest, object_id: str, from_field: str | None = None
    ) -> Workspace | None:
        workspace = super().get_object(request, object_id, from_field)
        if workspace is not None:
            set_counts([workspace], poll_count=polls_per_workspace([workspace.pk]))
        return workspace

    def search(self, rows: QuerySet[Workspace], text: str) -> QuerySet[Workspace]:
        return rows.filter(found_by(text, "searchable_name", "project__searchable_name"))

    def links_for(self, request: HttpRequest, obj: Workspace) -> list[tuple[str, str]]:
        return [(address(obj), label) for label, address in workspace_links]

    @admin.display(description="project")
    def project_shown(self, workspace: Workspace) -> SafeString:
        return project_link(workspace.project)

    @admin.display(description="state")
    def state(self, workspace: Workspace) -> SafeString:
        if workspace.archived_at is not None:
            return mark_text("archived", "moderation-quiet")
        return mark_text("in use", "moderation-good")

    @admin.display(description="polls")
    def polls(self, workspace: Workspace) -> str:
        return number_text(workspace.poll_count)  # type: ignore[attr-defined]

    @admin.display(description="created (UTC)")
    def made(self, workspace: Workspace) -> SafeString:
        return moment_text(workspace.created_at)
