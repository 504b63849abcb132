"""Rooms of every kind, with everybody that the access tables name."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from uuid import UUID

from django.utils import timezone

from accounts.models import User
from chat import ledger, memberships, rooms
from chat.drafts import Draft, PostedMessage
from chat.memberships import MemberChange
from chat.models import Message, Room
from chat.project_rooms import open_project_room
from polls.models import Poll
from polls.services import create_poll
from tests.conftest import actor_of, make_user
from tests.workspaces.teams import join
from workspaces.models import Invitation, Project
from workspaces.permissions import Role
from workspaces.projects import create_project

KINDS = ("open", "closed", "direct", "poll", "draft", "project", "lobby", "hidden")


@dataclass
class Cast:
    """The people of the tables; ``suspended`` was a member everywhere."""

    owner: User
    member: User
    invited: User
    banned: User
    other: User
    guest: User
    staff: User
    suspended: User
    people: dict[str, User | None] = field(init=False)

    def __post_init__(self) -> None:
        named = {name: user for name, user in vars(self).items() if isinstance(user, User)}
        self.people = {**named, "visitor": None}


@dataclass
class Scene:
    """A room, its poll if it has one, and a message of the member; in a draft, of the owner."""

    room: Room
    poll: Poll | None
    message: Message


def make_cast(owner: User, member: User, guest: User, staff: User) -> Cast:
    """Everybody; three of them are fixtures of most tests."""
    return Cast(
        owner=owner,
        member=member,
        invited=make_user("Dora"),
        banned=make_user("Erik"),
        other=make_user("Frida"),
        guest=guest,
        staff=staff,
        suspended=make_user("Gustav"),
    )


def set_scene(kind: str, cast: Cast) -> Scene:
    """Creates a room of a kind of the tables."""
    poll = _make_poll(cast, is_published=kind == "poll") if kind in {"poll", "draft"} else None
    room = _make_room(kind, cast, poll)
    # Only its owner sees a draft.
    message = post(cast.owner if kind == "draft" else cast.member, room, "Hello!")
    if kind == "hidden":
        rooms.hide_room(actor=actor_of(cast.staff), room_id=room.id, reason="spam")
    return Scene(Room.objects.get(id=room.id), poll, message)


def make_project(owner: User, roles: Mapping[User, Role]) -> Project:
    """A project with an owner and other members."""
    project = create_project(actor=actor_of(owner), name="Town hall")
    for user, role in roles.items():
        join(project, user, role)
    return Project.objects.get(id=project.id)


def make_group(cast: Cast, *, is_open: bool) -> Room:
    """A group of the owner's, with a member, an invitation and a ban."""
    owner = actor_of(cast.owner)
    room = rooms.create_room(actor=owner, name="Kitchen", is_open=is_open)
    for user in (cast.member, cast.banned, cast.suspended, cast.invited):
        memberships.invite_user(actor=owner, room_id=room.id, user_id=user.id)
    for user in (cast.member, cast.banned, cast.suspended):
        memberships.join_room(actor=actor_of(user), room_id=room.id)
    ban(cast.owner, room, cast.banned)
    return room


def ban(moderator: User, room: Room, user: User) -> None:
    memberships.moderate_member(
        actor=actor_of(moderator),
        room_id=room.id,
        user_id=user.id,
        change=MemberChange(is_banned=True),
    )


def post(author: User, room: Room, body: str, parent_id: UUID | None = None) -> Message:
    """Posts a message in the transaction of the test, without the writer."""
    draft = Draft(room_id=room.id, author_id=author.id, body=body, parent_id=parent_id)
    [posted] = ledger.record([draft]).results
    assert isinstance(posted, PostedMessage), posted
    return Message.objects.get(id=posted.message.id)


def _make_poll(cast: Cast, *, is_published: bool) -> Poll:
    return create_poll(
        actor=actor_of(cast.owner),
        question="Tea or coffee?",
        options=["Tea", "Coffee"],
        is_published=is_published,
    )


def _make_room(kind: str, cast: Cast, poll: Poll | None) -> Room:
    owner = actor_of(cast.owner)
    if kind == "direct":
        return rooms.open_direct_room(actor=owner, user_id=cast.member.id)[0]
    if kind == "lobby":
        room = rooms.open_lobby()
        return _fill(room, cast)
    if kind == "project":
        return _make_project_room(cast)
    if poll is not None:
        room = rooms.open_poll_room(actor=owner, poll_id=poll.id)
        return _fill(room, cast) if kind == "poll" else room
    return make_group(cast, is_open=kind != "closed")


def _make_project_room(cast: Cast) -> Room:
    viewers = dict.fromkeys((cast.member, cast.suspended), Role.VIEWER)
    project = make_project(cast.owner, {cast.banned: Role.COLLABORATOR, **viewers})
    now = timezone.now()
    Invitation.objects.create(
        project=project,
        email=str(cast.invited.email),
        role=Role.VIEWER,
        token_hash="0" * 64,
        sent_at=now,
        expires_at=now + timedelta(days=1),
        created_at=now,
    )
    room = open_project_room(actor=actor_of(cast.owner), project_id=project.id)
    ban(cast.owner, room, cast.banned)
    return room


def _fill(room: Room, cast: Cast) -> Room:
    for user in (cast.member, cast.suspended):
        memberships.join_room(actor=actor_of(user), room_id=room.id)
    ban(cast.staff, room, cast.banned)
    return room
