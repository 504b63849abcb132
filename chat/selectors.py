"""Reads of rooms and their members, with authorisation."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from uuid import UUID

from django.db.models import Exists, F, OuterRef, Q, QuerySet

from accounts.models import User
from apikit.actors import Actor
from apikit.searching import found_by
from chat.access import Access, access_to, check_read, team_of
from chat.errors import RoomNotFoundError
from chat.message_wire import id_or_none, view_messages, whole_messages
from chat.models import MemberRole, Membership, Message, Room, RoomKind
from chat.read_markers import Marker, read_markers
from chat.wire import MessageView, RoomView, view_person
from polls.selectors import visible_to
from polls.visibility import is_visible as is_visible_poll
from polls.visibility import may
from workspaces.models import Member
from workspaces.permissions import Action, Role, allows, roles_with
from workspaces.selectors import Roles, read_role, read_roles

IS_MEMBER = Q(joined_at__isnull=False, banned_at=None)
IS_INVITED = Q(invited_at__isnull=False, joined_at=None, banned_at=None)


@dataclass(frozen=True, slots=True)
class Standing:
    """A room, the actor's row in it, and what they may do there.

    ``project_role`` is their role in the project of a project's room.
    """

    room: Room
    membership: Membership | None
    access: Access
    project_role: Role | None = None


@dataclass(frozen=True, slots=True)
class RoomFilter:
    """The filters of a list of rooms; None does not filter."""

    kind: RoomKind | None = None
    is_member: bool | None = None
    is_invited: bool | None = None
    search: str = ""


def whole_rooms() -> QuerySet[Room]:
    """Return rooms with their polls and projects; ``poll`` is None once deleted."""
    return Room.objects.select_related("poll", "project")


def read_project_roles(rooms: Iterable[Room], user_ids: Collection[UUID]) -> Roles:
    """Return roles in the projects of rooms and of their polls; one query, none without any."""
    return read_roles({team for each in rooms if (team := team_of(each, each.poll))}, user_ids)


def role_in(room: Room, actor: Actor, roles: Roles) -> Role | None:
    """Return the actor's role in the project of a room, of :func:`read_project_roles`."""
    team = team_of(room, room.poll)
    if team is None or actor.id is None or actor.is_guest:
        return None
    return roles.get((team, actor.id))


def standing_in(
    room: Room, membership: Membership | None, actor: Actor, project_role: Role | None = None
) -> Standing:
    """Return what ``actor`` may do in a room of :func:`whole_rooms`.

    ``project_role`` is their role in the project of the room or of its poll.
    """
    poll = room.poll
    access = access_to(
        room,
        membership,
        actor,
        poll_is_visible=poll is not None and is_visible_poll(poll, actor, project_role),
        is_poll_owner=poll is not None and may(poll, actor, project_role, Action.EDIT_POLLS),
        project_role=project_role,
    )
    return Standing(room, membership, access, None if room.project_id is None else project_role)


def get_standing(actor: Actor, room_id: UUID, *, is_locked: bool = False) -> Standing:
    """Return a room that ``actor`` may see; two queries, three for the room of a project.

    ``is_locked`` locks the room until the end of the transaction.

    :raises RoomNotFoundError: for invisible rooms as for missing ones.
    """
    rooms = whole_rooms().filter(id=room_id)
    room = (rooms.select_for_update(of=("self",)) if is_locked else rooms).first()
    if room is None:
        raise RoomNotFoundError
    # After the lock, so that a concurrent change of roles is seen.
    role = read_role(team_of(room, room.poll), actor)
    standing = standing_in(room, find_membership(room_id, actor.id), actor, role)
    if not standing.access.can_see:
        raise RoomNotFoundError
    return standing


def get_readable(actor: Actor, room_id: UUID) -> Standing:
    """Return a room whose messages ``actor`` may read; two queries, or three as above.

    :raises RoomNotFoundError, NotRoomMemberError, BannedFromRoomError: see ``access.check_read``.
    """
    standing = get_standing(actor, room_id)
    check_read(standing.access)
    return standing


def find_membership(room_id: UUID, user_id: UUID | None) -> Membership | None:
    """Return a person's row in a room, if there is one."""
    if user_id is None:
        return None
    return Membership.objects.filter(room_id=room_id, user_id=user_id).first()


def list_rooms_for(actor: Actor, narrow: RoomFilter) -> QuerySet[Room]:
    """Return the actor's rooms and invitations, the open rooms and the lobby, newest first.

    The rooms of their projects are among them once they are used, a poll's room once the actor has
    joined it.
    """
    own = Membership.objects.filter(user_id=id_or_none(actor)).order_by()
    members, invited = own.filter(IS_MEMBER), own.filter(IS_INVITED)
    banned = own.filter(banned_at__isnull=False)
    # Most rooms are of polls. With a union, the cost does not depend on how many there are.
    own_rooms = members.values("room").union(_rooms_of_projects(actor).values("id"))
    candidates = members.values("room").union(
        _rooms_of_projects(actor).values("id"),
        invited.values("room"),
        Room.objects.filter(is_open=True).order_by().values("id"),
        Room.objects.filter(kind=RoomKind.LOBBY).order_by().values("id"),
    )
    rooms = whole_rooms().filter(is_listed(actor), id__in=candidates)
    rooms = rooms.exclude(id__in=banned.values("room"))
    if narrow.kind is not None:
        rooms = rooms.filter(kind=narrow.kind)
    invited_to = invited.values("room")
    for ids, wanted in ((own_rooms, narrow.is_member), (invited_to, narrow.is_invited)):
        if wanted is not None:
            is_among = Q(id__in=ids)
            rooms = rooms.filter(is_among if wanted else ~is_among)
    if narrow.search:
        rooms = rooms.filter(_matching(actor, narrow.search))
    return rooms.order_by("-id")


def view_rooms(rooms: Collection[Room], actor: Actor) -> list[RoomView]:
    """Return rooms of :func:`whole_rooms` as ``actor`` sees them; at most ten queries."""
    ids = [room.id for room in rooms]
    own = Membership.objects.filter(room_id__in=ids, user_id=id_or_none(actor))
    memberships = {each.room_id: each for each in own} if actor.id else {}
    roles = read_project_roles(rooms, [id_or_none(actor)])
    standings = [
        standing_in(room, memberships.get(room.id), actor, role_in(room, actor, roles))
        for room in rooms
    ]
    others = _others_in_direct_rooms(rooms, actor)
    last_messages = _last_messages(standings, actor)
    markers = read_markers(rooms, memberships, actor)
    return [
        _view_room(
            each,
            person=others.get(each.room.id),
            last_message=last_messages.get(each.room.id),
            marker=markers.get(each.room.id),
        )
        for each in standings
    ]


def view_room(room_id: UUID, actor: Actor) -> RoomView:
    """Return a room as ``actor`` sees it.

    :raises RoomNotFoundError: as in :func:`get_standing`.
    """
    standing = get_standing(actor, room_id)
    return view_rooms([standing.room], actor)[0]


def is_listed(actor: Actor) -> Q:
    """Match rooms that ``actor`` may see if they are a member; not the hidden ones."""
    has_visible_poll = Q(poll__id__isnull=False) & visible_to(actor, "poll__")
    is_of_project = Q(id__in=_rooms_of_projects(actor).values("id"))
    of_no_subject = ~Q(kind__in=[RoomKind.POLL, RoomKind.PROJECT])
    return Q(hidden_at=None, deleted_at=None) & (of_no_subject | has_visible_poll | is_of_project)


def own_rooms(actor: Actor) -> Q:
    """Match the rooms that ``actor`` is a member of and may see."""
    own = Membership.objects.filter(room_id=OuterRef("pk"), user_id=id_or_none(actor))
    is_member = Q(Exists(own.filter(IS_MEMBER))) | Q(kind=RoomKind.PROJECT)
    return is_member & ~Q(Exists(own.filter(banned_at__isnull=False))) & is_listed(actor)


def _rooms_of_projects(actor: Actor) -> QuerySet[Room]:
    """Return the rooms of the projects that the actor is in."""
    projects = Member.objects.filter(
        user_id=id_or_none(actor), role__in=roles_with(Action.USE_ROOM)
    )
    return Room.objects.filter(project__in=projects.order_by().values("project")).order_by()


def _matching(actor: Actor, text: str) -> Q:
    """Match rooms by their name: of a direct room the other person's, of a poll's its question."""
    people = User.objects.filter(found_by(text, "searchable_name")).exclude(id=id_or_none(actor))
    direct = Membership.objects.filter(room_id=OuterRef("pk"), user__in=people)
    by_person = Q(kind=RoomKind.DIRECT) & Q(Exists(direct))
    names = ("searchable_name", "poll__searchable_question", "project__searchable_name")
    return found_by(text, *names) | by_person


def _others_in_direct_rooms(rooms: Iterable[Room], actor: Actor) -> dict[UUID, User]:
    ids = [room.id for room in rooms if room.kind == RoomKind.DIRECT]
    if not ids:
        return {}
    others = Membership.objects.filter(room_id__in=ids).exclude(user_id=id_or_none(actor))
    return {each.room_id: each.user for each in others.select_related("user")}


def _last_messages(standings: Iterable[Standing], actor: Actor) -> dict[UUID, MessageView]:
    ids = [each.room.id for each in standings if each.access.can_read and each.room.last_seq]
    if not ids:
        return {}
    found: QuerySet[Message] = whole_messages().filter(room_id__in=ids, seq=F("room__last_seq"))
    return {view.room_id: view for view in view_messages(list(found), actor)}


def _view_room(
    standing: Standing,
    *,
    person: User | None,
    last_message: MessageView | None,
    marker: Marker | None,
) -> RoomView:
    room, membership, access = standing.room, standing.membership, standing.access
    marker = marker if access.can_read else None
    return RoomView(
        id=room.id,
        kind=RoomKind(room.kind),
        name=_name_of(room, person),
        is_open=room.is_open,
        is_announcement_only=room.is_announcement_only,
        slow_mode_seconds=room.slow_mode_s,
        poll_id=room.poll_id,
        project_id=room.project_id,
        creator_id=room.creator_id,
        person=None if person is None else view_person(person),
        member_count=room.member_count if room.project is None else room.project.member_count,
        created_at=room.created_at,
        updated_at=room.updated_at,
        role=_role_of(standing),
        is_member=access.is_member,
        is_invited=not access.is_member and not access.is_banned and _was_invited(membership),
        is_moderator=access.can_moderate,
        muted_until=membership.muted_until if membership else None,
        last_seq=room.last_seq if access.can_read else None,
        revision=room.revision if access.can_read else None,
        last_read_seq=None if marker is None else marker.last_read_seq,
        unread_count=None if marker is None else marker.unread_count,
        unread_mentions=None if marker is None else marker.unread_mentions,
        last_message=last_message,
    )


def _name_of(room: Room, person: User | None) -> str:
    if room.poll is not None:
        return room.poll.question
    if room.project is not None:
        return room.project.name
    return person.name if person is not None else room.name


def _role_of(standing: Standing) -> MemberRole | None:
    if not standing.access.is_member:
        return None
    if standing.project_role is not None:
        return role_in_room(standing.project_role)
    return None if standing.membership is None else MemberRole(standing.membership.role)


def role_in_room(role: Role) -> MemberRole:
    """Return the role that somebody has in the room of a project by their role in the project."""
    return MemberRole.OWNER if allows(role, Action.MODERATE_ROOM) else MemberRole.MEMBER


def _was_invited(membership: Membership | None) -> bool:
    return membership is not None and membership.invited_at is not None
