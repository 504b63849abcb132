"""The state of the pages about rooms, for their templates."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db.models import Q, QuerySet
from django.utils import timezone

from accounts.models import User
from accounts.selectors import list_users_for
from apikit.actors import Actor
from apikit.pagination import page_of
from chat.member_selectors import as_memberships, list_members_in
from chat.models import MemberRole, Membership, RoomKind
from chat.selectors import (
    RoomFilter,
    Standing,
    get_standing,
    list_rooms_for,
    view_room,
    view_rooms,
)
from chat.wire import RoomView
from polls.models import Poll, PollState
from polls.selectors import PollFilter, list_polls_for
from web.discussing import discussion_context
from web.discussion_texts import connection_texts
from web.forms.rooms import RoomSettingsForm
from web.notice_texts import text_of_message
from web.voting import PersonView

ROOMS_PER_PAGE = 30
OTHER_ROOMS = 20
MEMBERS_SHOWN = 100
PEOPLE_FOUND = 10
POLLS_OFFERED = 20


@dataclass(frozen=True, slots=True)
class MemberRow:
    """A member, with what the page shows and offers."""

    user: User
    is_owner: bool
    is_muted: bool
    is_banned: bool
    is_invited: bool
    is_you: bool


def rooms_context(actor: Actor, search: str, page: int) -> dict[str, Any]:
    """The context of the list of rooms: invitations, the actor's own, and those open to all.

    Each of the actor's own has the text of its last message beside it.
    """

    def first(narrow: RoomFilter) -> list[RoomView]:
        return view_rooms(list(list_rooms_for(actor, narrow)[:OTHER_ROOMS]), actor)

    own, pagination = page_of(
        list_rooms_for(actor, RoomFilter(is_member=True, search=search)),
        {"page": page, "limit": ROOMS_PER_PAGE},
    )
    return {
        "search": search,
        "invitations": first(RoomFilter(is_member=False, is_invited=True, search=search)),
        "rooms": [(room, _last_text(room)) for room in view_rooms(own, actor)],
        "pagination": pagination,
        "open_rooms": first(RoomFilter(is_member=False, is_invited=False, search=search)),
    }


def _last_text(room: RoomView) -> str:
    return "" if room.last_message is None else text_of_message(room.last_message)


def room_context(
    actor: Actor, room_id: UUID, person: PersonView | None, *, found: str = ""
) -> dict[str, Any]:
    """The context of a room's page. Somebody who may not read it sees only how to join.

    ``found`` is a name, or a part of one, to search for people to invite.

    :raises RoomNotFoundError: for invisible rooms as for missing ones.
    """
    standing = get_standing(actor, room_id)
    room = view_room(room_id, actor)
    context: dict[str, Any] = {
        "room": room,
        "is_group": room.kind == RoomKind.GROUP,
        "is_project": room.kind == RoomKind.PROJECT,
        "is_direct": room.kind == RoomKind.DIRECT,
        "can_join": standing.access.can_join,
        "can_read": standing.access.can_read,
        "is_banned": standing.access.is_banned,
        "is_page": True,
    }
    if not standing.access.can_read:
        return context
    context |= discussion_context(actor, room_id, person)
    context |= {
        "polls": _polls_to_attach(actor),
        "members": _rows(standing, actor),
        "others": max(0, room.member_count - MEMBERS_SHOWN),
        "found": found,
        "texts": connection_texts(),
    }
    if room.is_moderator:
        context["settings_form"] = RoomSettingsForm(room=room)
        context["people"] = _people_to_invite(actor, room_id, found)
    return context


def _rows(standing: Standing, actor: Actor) -> list[MemberRow]:
    """Returns the members, and for moderators the muted and removed people.

    In rooms that need no members, only the latter.
    """
    is_moderator = standing.access.can_moderate
    members: QuerySet[Any] = list_members_in(standing, are_all=is_moderator)
    if standing.room.kind not in {RoomKind.GROUP, RoomKind.PROJECT}:
        is_restricted = Q(muted_until__gt=timezone.now()) | Q(banned_at__isnull=False)
        members = members.filter(is_restricted) if is_moderator else members.none()
    rows = as_memberships(members[:MEMBERS_SHOWN], standing)
    return [_row(each, actor) for each in rows]


def _row(membership: Membership, actor: Actor) -> MemberRow:
    muted_until = membership.muted_until
    return MemberRow(
        user=membership.user,
        is_owner=membership.joined_at is not None and membership.role == MemberRole.OWNER,
        is_muted=muted_until is not None and muted_until > timezone.now(),
        is_banned=membership.banned_at is not None,
        is_invited=membership.invited_at is not None and membership.joined_at is None,
        is_you=membership.user_id == actor.id,
    )


def _people_to_invite(actor: Actor, room_id: UUID, found: str) -> list[User]:
    if not found:
        return []
    members = Membership.objects.filter(room_id=room_id, joined_at__isnull=False)
    people = list_users_for(actor, search=found)
    return list(people.exclude(id__in=members.values("user_id"))[:PEOPLE_FOUND])


def _polls_to_attach(actor: Actor) -> list[Poll]:
    if not actor.is_authenticated or actor.is_guest:
        return []
    own = PollFilter(creator_id=actor.account_id(), state=PollState.OPEN, search="")
    return list(list_polls_for(actor, own)[:POLLS_OFFERED])
