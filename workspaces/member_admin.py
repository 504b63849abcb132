"""Members of projects in the admin."""

from django.contrib import admin
from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.utils.safestring import SafeString

from accounts.admin import user_link
from accounts.moderation.base import mark_text, moment_text
from accounts.moderation.filters import CreatedFilter
from accounts.selectors import matching_users
from apikit.searching import found_by
from workspaces import admin_actions as actions
from workspaces.admin_filters import RoleFilter
from workspaces.admin_parts import ReadOnlyAdmin, project_link
from workspaces.models import Member
from workspaces.permissions import Role

_ACTIONS = {
    Role.OWNER: "make_owners",
    Role.COLLABORATOR: "make_collaborators",
    Role.VIEWER: "make_viewers",
}


@admin.register(Member)
class MemberAdmin(ReadOnlyAdmin[Member]):
    """Lists who is in which project, with two queries besides those of every page."""

    actions = (
        actions.make_owners,
        actions.make_collaborators,
        actions.make_viewers,
        actions.remove_members,
    )
    fields = ("person", "project_shown", "role_shown", "invited_by_shown", "joined_at")
    list_display = ("person_name", "project_shown", "role_shown", "access", "joined")
    list_filter = (RoleFilter, CreatedFilter)
    lookups = frozenset({"project", "user"})
    ordering = ("-id",)
    search_fields = ("user__name", "user__email", "project__name")
    search_help_text = "Part of a person's name or email address, or of the project's name."

    def get_queryset(self, request: HttpRequest) -> QuerySet[Member]:
        return super().get_queryset(request).select_related("user", "project", "invited_by")

    def search(self, rows: QuerySet[Member], text: str) -> QuerySet[Member]:
        by_person: Q = matching_users(text, by_email=True, prefix="user__")
        return rows.filter(by_person | found_by(text, "project__searchable_name"))

    def fitting_actions(self, request: HttpRequest, obj: Member) -> list[str]:
        others = [name for role, name in _ACTIONS.items() if role != obj.role]
        return [*others, "remove_members"]

    def describe(self, obj: Member) -> str:
        return f"{obj.user}, {obj.role} of {obj.project}"

    @admin.display(description="person")
    def person_name(self, member: Member) -> str:
        return str(member.user)

    @admin.display(description="person")
    def person(self, member: Member) -> SafeString:
        return user_link(member.user)

    @admin.display(description="project")
    def project_shown(self, member: Member) -> SafeString:
        return project_link(member.project)

    @admin.display(description="role")
    def role_shown(self, member: Member) -> SafeString:
        return mark_text(member.role, "moderation-good" if member.role == Role.OWNER else "")

    @admin.display(description="access")
    def access(self, member: Member) -> SafeString:
        return (
            mark_text("yes") if member.user.is_active else mark_text("suspended", "moderation-bad")
        )

    @admin.display(description="invited by")
    def invited_by_shown(self, member: Member) -> SafeString:
        return SafeString("") if member.invited_by is None else user_link(member.invited_by)

    @admin.display(description="joined (UTC)")
    def joined(self, member: Member) -> SafeString:
        return moment_text(member.joined_at)
