"""Invitations to projects in the admin."""

from django.contrib import admin
from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.safestring import SafeString

from accounts.admin import user_link
from accounts.moderation.base import mark_text, moment_text
from accounts.moderation.filters import CreatedFilter
from apikit.searching import found_among_newest, found_by
from workspaces import admin_actions as actions
from workspaces.admin_filters import InvitationStateFilter
from workspaces.admin_parts import ReadOnlyAdmin, project_link
from workspaces.models import Invitation


@admin.register(Invitation)
class InvitationAdmin(ReadOnlyAdmin[Invitation]):
    """Lists invitations in all states, with two queries besides those of every page."""

    actions = (actions.revoke_invitations,)
    fields = (
        "email",
        "project_shown",
        "role",
        "state",
        "invited_by_shown",
        "sent_count",
        "sent_at",
        "expires_at",
        "created_at",
    )
    list_display = ("email", "project_shown", "role", "state", "invited_by_shown", "sent")
    list_filter = (InvitationStateFilter, "role", CreatedFilter)
    lookups = frozenset({"project", "invited_by"})
    ordering = ("-id",)
    search_fields = ("email", "project__name")
    search_help_text = "Part of the email address of a recent invitation, or of the project's name."

    def get_queryset(self, request: HttpRequest) -> QuerySet[Invitation]:
        return super().get_queryset(request).select_related("project", "invited_by")

    def search(self, rows: QuerySet[Invitation], text: str) -> QuerySet[Invitation]:
        by_email: Q = found_among_newest(rows, text, "email")
        return rows.filter(by_email | found_by(text, "project__searchable_name"))

    def fitting_actions(self, request: HttpRequest, obj: Invitation) -> list[str]:
        answers = (obj.accepted_at, obj.declined_at, obj.revoked_at)
        return ["revoke_invitations"] if answers == (None, None, None) else []

    def describe(self, obj: Invitation) -> str:
        return f"{obj.role} of {obj.project}"

    @admin.display(description="project")
    def project_shown(self, invitation: Invitation) -> SafeString:
        return project_link(invitation.project)

    @admin.display(description="state")
    def state(self, invitation: Invitation) -> SafeString:
        for answer in ("accepted", "declined", "revoked"):
            if getattr(invitation, f"{answer}_at") is not None:
                return mark_text(answer, "moderation-quiet")
        is_open = invitation.expires_at > timezone.now()
        return mark_text("open", "moderation-good") if is_open else mark_text("expired")

    @admin.display(description="invited by")
    def invited_by_shown(self, invitation: Invitation) -> SafeString:
        return SafeString("") if invitation.invited_by is None else user_link(invitation.invited_by)

    @admin.display(description="sent (UTC)")
    def sent(self, invitation: Invitation) -> SafeString:
        return moment_text(invitation.sent_at)
