"""Reads of the members of a room."""

from collections.abc import Iterable

from django.db.models import Exists, OuterRef, QuerySet

from chat.errors import NotRoomOwnerError
from chat.models import MemberRole, Membership
from chat.selectors import IS_MEMBER, Standing, role_in_room
from chat.wire import MemberView, view_person
from workspaces.models import Member
from workspaces.permissions import Role


def list_members_in(
    standing: Standing, *, are_all: bool = False
) -> QuerySet[Membership] | QuerySet[Member]:
    """Return the members of a room of ``selectors.get_readable``, the last to come first.

    Those of a project's room are the members of the project. ``are_all`` includes people who were
    invited, muted or banned; only for moderators.

    :raises NotRoomOwnerError: if ``are_all`` is not for the actor.
    """
    if are_all and not standing.access.can_moderate:
        raise NotRoomOwnerError
    room = standing.room
    memberships = Membership.objects.filter(room_id=room.id)
    if room.project_id is not None:
        banned = memberships.filter(user=OuterRef("user"), banned_at__isnull=False)
        of_project = Member.objects.filter(project_id=room.project_id)
        of_project = of_project.select_related("user").order_by("-id")
        return of_project if are_all else of_project.filter(~Exists(banned))
    memberships = memberships.select_related("user").order_by("-id")
    return memberships if are_all else memberships.filter(IS_MEMBER)


def view_members(members: Iterable[Membership | Member], standing: Standing) -> list[MemberView]:
    """Return members as the person of ``standing`` sees them; one query in a project's room."""
    is_for_moderator = standing.access.can_moderate
    return [
        view_member(each, is_for_moderator=is_for_moderator)
        for each in as_memberships(members, standing)
    ]


def as_memberships(members: Iterable[Membership | Member], standing: Standing) -> list[Membership]:
    """Return members of :func:`list_members_in` as rows of the room; one query for a project's.

    Members of a project who have no row get one that is not saved.
    """
    members = list(members)
    user_ids = [each.user_id for each in members if isinstance(each, Member)]
    stored = Membership.objects.filter(room_id=standing.room.id, user_id__in=user_ids)
    by_user = {each.user_id: each for each in stored} if user_ids else {}
    return [
        each
        if isinstance(each, Membership)
        else as_membership(each, by_user.get(each.user_id) or Membership(room=standing.room))
        for each in members
    ]


def as_moderated(membership: Membership) -> Membership:
    """Return a row of ``memberships.moderate_member`` with what its project says, not saved."""
    project_id = membership.room.project_id
    if project_id is None:
        return membership
    members = Member.objects.select_related("user").filter(user_id=membership.user_id)
    member = members.filter(project_id=project_id).first()
    return membership if member is None else as_membership(member, membership)


def as_membership(member: Member, membership: Membership) -> Membership:
    """Return the row of a project's member in its room, with what the project says, not saved."""
    membership.user = member.user
    membership.role = role_in_room(Role(member.role))
    membership.joined_at = None if membership.banned_at else member.joined_at
    return membership


def view_member(membership: Membership, *, is_for_moderator: bool) -> MemberView:
    """Return somebody in a room; moderators also see what was decided about them."""
    return MemberView(
        user=view_person(membership.user),
        role=MemberRole(membership.role),
        joined_at=membership.joined_at,
        invited_at=membership.invited_at if is_for_moderator else None,
        muted_until=membership.muted_until if is_for_moderator else None,
        banned_at=membership.banned_at if is_for_moderator else None,
    )
