"""Projects in the admin."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

from django.contrib import admin
from django.contrib.admin.views.main import ChangeList
from django.db.models import Count, Exists, OuterRef, Q, QuerySet, Subquery, UUIDField
from django.db.models.expressions import Combinable
from django.db.models.functions import Coalesce
from django.http import HttpRequest
from django.template.defaultfilters import pluralize
from django.utils.safestring import SafeString

from accounts.admin import user_link
from accounts.moderation.base import ModerationAdmin, actor_of, moment_text, number_text
from accounts.moderation.filters import CreatedFilter
from accounts.selectors import matching_users
from apikit.searching import found_by
from workspaces import activity_admin, invitation_admin, member_admin, space_admin  # noqa: F401
from workspaces import admin_actions as actions
from workspaces.admin_filters import OwnerFilter
from workspaces.admin_forms import ProjectForm
from workspaces.admin_parts import list_of, person_link, set_counts
from workspaces.hooks import polls_per_project
from workspaces.models import Invitation, Member, Project, Workspace
from workspaces.permissions import Role
from workspaces.projects import update_project

# Links that apps above add to a project's page: label and address.
project_links: list[tuple[str, Callable[[Project], str]]] = []


@admin.register(Project)
class ProjectAdmin(ModerationAdmin[Project]):
    """Lists projects with three queries besides those of every page: the rows with their owners and
    counts, the number of rows, and their polls."""

    actions = (
        actions.hand_over_projects,
        actions.revoke_all_invitations,
        actions.delete_selected,
    )
    edit_form = ProjectForm
    fieldsets = (
        (None, {"fields": ("name", "description", "revision")}),
        ("Team", {"fields": ("owner", "members_shown", "invitations", "creator_shown")}),
        ("Contents", {"fields": ("workspaces_shown", "polls", "activities_shown")}),
        ("Times", {"fields": (("created_at", "updated_at"),)}),
    )
    list_display = (
        "name",
        "owner",
        "members_shown",
        "workspaces_shown",
        "polls",
        "invitations",
        "activities_shown",
        "made",
    )
    list_filter = (OwnerFilter, CreatedFilter)
    lookups = frozenset({"creator"})
    ordering = ("-id",)
    readonly_fields = (
        "owner",
        "members_shown",
        "invitations",
        "creator_shown",
        "workspaces_shown",
        "polls",
        "activities_shown",
        "created_at",
        "updated_at",
    )
    search_fields = ("name", "members__user__name", "members__user__email")
    search_help_text = "Part of the project's name, or of a member's name or email address."
    sortable_by = ("name", "made")

    def has_change_permission(self, request: HttpRequest, obj: Project | None = None) -> bool:
        return True

    def has_delete_permission(self, request: HttpRequest, obj: Project | None = None) -> bool:
        return True

    def get_queryset(self, request: HttpRequest) -> QuerySet[Project]:
        owners = Member.objects.filter(project=OuterRef("pk"), role=Role.OWNER).order_by("id")
        return (
            super()
            .get_queryset(request)
            .select_related("creator")
            .annotate(
                owner_id=Subquery(owners.values("user")[:1], output_field=UUIDField()),
                owner_name=Subquery(owners.values("user__name")[:1]),
                workspace_count=_count(Workspace.objects.all()),
                invitation_count=_count(Invitation.objects.filter(Invitation.OPEN)),
            )
        )

    def get_changelist_instance(self, request: HttpRequest) -> ChangeList:
        changelist = super().get_changelist_instance(request)
        projects = list(changelist.result_list)
        set_counts(projects, poll_count=polls_per_project([each.pk for each in projects]))
        changelist.result_list = projects
        return changelist

    def get_object(
        self, request: HttpRequest, object_id: str, from_field: str | None = None
    ) -> Project | None:
        project = super().get_object(request, object_id, from_field)
        if project is not None:
            set_counts([project], poll_count=polls_per_project([project.pk]))
        return project

    def search(self, rows: QuerySet[Project], text: str) -> QuerySet[Project]:
        members = Member.objects.filter(
            matching_users(text, by_email=True, prefix="user__"), project=OuterRef("pk")
        )
        return rows.filter(found_by(text, "searchable_name") | Q(Exists(members)))

    def links_for(self, request: HttpRequest, obj: Project) -> list[tuple[str, str]]:
        lists = {
            "Members": "workspaces_member",
            "Invitations": "workspaces_invitation",
            "Workspaces": "workspaces_workspace",
            "Activity": "workspaces_activity",
        }
        links = [(list_of(page, project=obj.pk), label) for label, page in lists.items()]
        return [*links, *((address(obj), label) for label, address in project_links)]

    def fitting_actions(self, request: HttpRequest, obj: Project) -> list[str]:
        return ["hand_over_projects", "revoke_all_invitations"]

    def describe(self, obj: Project) -> str:
        members = f"{number_text(obj.member_count)} member{pluralize(obj.member_count)}"
        return f"{members}, created {obj.created_at:%Y-%m-%d}"

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: Any) -> None:
        update_project(
            actor=actor_of(request),
            project_id=form.instance.pk,
            expected_revisions={form.cleaned_data["revision"]},
            **form.changes(),
        )

    def construct_change_message(
        self, request: HttpRequest, form: Any, formsets: Any, add: Any = None
    ) -> Any:
        return " ".join(
            f"{name}: {form.initial.get(name)} → {value}." for name, value in form.changes().items()
        )

    @admin.display(description="owner")
    def owner(self, project: Project) -> SafeString:
        """Return the first of the owners; the list of members has all."""
        owner_id: UUID | None = project.owner_id  # type: ignore[attr-defined]  # see get_queryset
        if owner_id is None:
            return SafeString("")
        return person_link(owner_id, project.owner_name)  # type: ignore[attr-defined]

    @admin.display(description="creator")
    def creator_shown(self, project: Project) -> SafeString:
        return SafeString("") if project.creator is None else user_link(project.creator)

    @admin.display(description="members")
    def members_shown(self, project: Project) -> str:
        return number_text(project.member_count)

    @admin.display(description="workspaces")
    def workspaces_shown(self, project: Project) -> str:
        return number_text(project.workspace_count)  # type: ignore[attr-defined]

    @admin.display(description="polls")
    def polls(self, project: Project) -> str:
        return number_text(project.poll_count)  # type: ignore[attr-defined]

    @admin.display(description="open invitations")
    def invitations(self, project: Project) -> str:
        return number_text(project.invitation_count)  # type: ignore[attr-defined]

    @admin.display(description="activities")
    def activities_shown(self, project: Project) -> str:
        return number_text(project.last_seq)

    @admin.display(description="created (UTC)", ordering="id")
    def made(self, project: Project) -> SafeString:
        return moment_text(project.created_at)


def _count(rows: QuerySet[Any]) -> Combinable:
    """Return the number of rows of a project, as an expression for queries of projects."""
    counts = rows.filter(project=OuterRef("pk")).order_by().values("project")
    return Coalesce(Subquery(counts.annotate(count=Count("pk")).values("count")), 0)
