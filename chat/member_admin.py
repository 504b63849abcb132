"""Members of rooms in the admin; those of direct rooms are private, and not in it."""

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.safestring import SafeString

from accounts.admin import user_link
from accounts.models import User
from accounts.moderation.base import ModerationAdmin, mark_text, moment_text
from accounts.moderation.filters import CreatedFilter
from accounts.selectors import matching_users
from chat import admin_actions as actions
from chat.admin_filters import StandingFilter
from chat.admin_parts import room_link, some_of, title_of
from chat.models import Membership, RoomKind


@admin.register(Membership)
class MembershipAdmin(ModerationAdmin[Membership]):
    """Lists who has joined, was invited, muted or banned, with two queries besides the usual."""

    actions = (
        actions.mute_members,
        actions.unmute_members,
        actions.ban_members,
        actions.unban_members,
    )
    fields = (
        "person",
        "room_shown",
        "standing",
        "role",
        "joined_at",
        "invited_by",
        "invited_at",
        "muted_until",
        "banned_at",
        "last_read_seq",
        "last_posted_at",
    )
    list_display = ("person_name", "room_shown", "standing", "joined")
    list_filter = (StandingFilter, CreatedFilter)
    lookups = frozenset({"room", "user"})
    ordering = ("-id",)
    search_fields = ("user__name", "user__email")
    search_help_text = "A part of a person's name or email address."
    sortable_by = ()

    def has_change_permission(self, request: HttpRequest, obj: Membership | None = None) -> bool:
        return obj is None

    def get_queryset(self, request: HttpRequest) -> QuerySet[Membership]:
        memberships = super().get_queryset(request).filter(room__deleted_at=None)
        memberships = memberships.exclude(room__kind=RoomKind.DIRECT)
        return memberships.select_related("user", "room__poll", "room__project", "invited_by")

    def search(self, rows: QuerySet[Membership], text: str) -> QuerySet[Membership]:
        users = User.objects.filter(matching_users(text, by_email=True))
        return rows.filter(user__in=some_of(users))

    def fitting_actions(self, request: HttpRequest, obj: Membership) -> list[str]:
        is_muted = obj.muted_until is not None and obj.muted_until > timezone.now()
        mute = "unmute_members" if is_muted else "mute_members"
        return [mute, "ban_members" if obj.banned_at is None else "unban_members"]

    def describe(self, obj: Membership) -> str:
        return f"{obj.user} in {title_of(obj.room)}"

    @admin.display(description="person")
    def person_name(self, membership: Membership) -> str:
        return str(membership.user)

    @admin.display(description="person")
    def person(self, membership: Membership) -> SafeString:
        return user_link(membership.user)

    @admin.display(description="room")
    def room_shown(self, membership: Membership) -> SafeString:
        return room_link(membership.room)

    @admin.display(description="standing")
    def standing(self, membership: Membership) -> SafeString:
        if membership.banned_at is not None:
            return mark_text("banned", "moderation-bad")
        if membership.muted_until is not None and membership.muted_until > timezone.now():
            return mark_text("muted", "moderation-bad")
        if membership.joined_at is not None:
            return mark_text(membership.role, "moderation-good")
        return mark_text("invited") if membership.invited_at else mark_text("reader")

    @admin.display(description="joined (UTC)")
    def joined(self, membership: Membership) -> SafeString:
        return moment_text(membership.joined_at)
