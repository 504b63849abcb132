"""Filters of the lists of projects, members, invitations and activities in the admin."""

from typing import get_args

from django.db.models import Exists, OuterRef, Q
from django.utils import timezone

from accounts.moderation.filters import ChoiceFilter
from workspaces.activity import TargetKind
from workspaces.models import Invitation, Member
from workspaces.permissions import Role


class OwnerFilter(ChoiceFilter):
    """Finds projects that nobody can manage, because their owners are suspended."""

    title = "owner"
    parameter_name = "owner"

    def choices_by_name(self) -> dict[str, tuple[str, Q]]:
        owners = Member.objects.filter(
            project=OuterRef("pk"), role=Role.OWNER, user__is_active=True
        )
        return {
            "active": ("active", Q(Exists(owners))),
            "none": ("suspended or none", ~Q(Exists(owners))),
        }


class RoleFilter(ChoiceFilter):
    title = "role"
    parameter_name = "role"

    def choices_by_name(self) -> dict[str, tuple[str, Q]]:
        return {each.value: (str(each.label).lower(), Q(role=each)) for each in Role}


class ArchivedFilter(ChoiceFilter):
    title = "archived"
    parameter_name = "archived"

    def choices_by_name(self) -> dict[str, tuple[str, Q]]:
        return {
            "yes": ("yes", Q(archived_at__isnull=False)),
            "no": ("no", Q(archived_at=None)),
        }


class InvitationStateFilter(ChoiceFilter):
    title = "state"
    parameter_name = "state"

    def choices_by_name(self) -> dict[str, tuple[str, Q]]:
        now = timezone.now()
        return {
            "open": ("open", Invitation.OPEN & Q(expires_at__gt=now)),
            "expired": ("expired", Invitation.OPEN & Q(expires_at__lte=now)),
            "accepted": ("accepted", Q(accepted_at__isnull=False)),
            "declined": ("declined", Q(declined_at__isnull=False)),
            "revoked": ("revoked", Q(revoked_at__isnull=False)),
        }


class TargetFilter(ChoiceFilter):
    title = "what to"
    parameter_name = "kind"

    def choices_by_name(self) -> dict[str, tuple[str, Q]]:
        return {kind: (kind, Q(target_kind=kind)) for kind in get_args(TargetKind)}
