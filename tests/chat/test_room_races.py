"""Writes to rooms at the same time: the second one waits for the first, then decides."""

import pytest

from accounts.models import User
from chat import ledger
from chat.drafts import Draft
from chat.errors import BannedFromRoomError, LastOwnerError, RoomNotFoundError
from chat.memberships import MemberChange, join_room, leave_room, mark_read, moderate_member
from chat.models import MemberRole, Membership, Room
from chat.project_rooms import open_project_room
from chat.rooms import create_room, delete_room, open_direct_room, open_lobby, open_poll_room
from polls.errors import PollNotFoundError
from polls.services import delete_poll
from tests.chat.rooms import make_project, post
from tests.conftest import MakePoll, actor_of
from tests.locks import race
from workspaces.errors import ProjectNotFoundError
from workspaces.permissions import Role
from workspaces.projects import delete_project

pytestmark = [pytest.mark.services, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def kitchen(alice: User, bob: User) -> Room:
    """An open group of alice's, with bob as a member."""
    room = create_room(actor=actor_of(alice), name="Kitchen", is_open=True)
    join_room(actor=actor_of(bob), room_id=room.id)
    return room


def test_a_direct_room_opened_by_both_at_once_is_one_room(alice: User, bob: User) -> None:
    (room, is_new), other = race(
        lambda: open_direct_room(actor=actor_of(alice), user_id=bob.id),
        lambda: open_direct_room(actor=actor_of(bob), user_id=alice.id),
    )
    assert (is_new, other.result()) == (True, (room, False))
    assert Membership.objects.count() == 2


def test_the_lobby_is_created_once() -> None:
    lobby, other = race(open_lobby, open_lobby)
    assert other.result() == lobby
    assert Room.objects.count() == 1


def test_a_polls_room_is_created_once(alice: User, bob: User, make_poll: MakePoll) -> None:
    poll = make_poll()
    room, other = race(
        lambda: open_poll_room(actor=actor_of(alice), poll_id=poll.id),
        lambda: open_poll_room(actor=actor_of(bob), poll_id=poll.id),
    )
    assert other.result() == room
    assert Room.objects.count() == 1


def test_a_poll_that_is_deleted_meanwhile_gets_no_room(
    alice: User, bob: User, make_poll: MakePoll
) -> None:
    poll = make_poll()
    _, opening = race(
        lambda: delete_poll(actor=actor_of(alice), poll_id=poll.id),
        lambda: open_poll_room(actor=actor_of(bob), poll_id=poll.id),
    )
    assert isinstance(opening.exception(), PollNotFoundError)
    assert not Room.objects.exists()


def test_a_projects_room_is_created_once(alice: User, bob: User) -> None:
    project = make_project(alice, {bob: Role.VIEWER})
    room, other = race(
        lambda: open_project_room(actor=actor_of(alice), project_id=project.id),
        lambda: open_project_room(actor=actor_of(bob), project_id=project.id),
    )
    assert other.result() == room
    assert Room.objects.count() == 1


def test_a_project_that_is_deleted_meanwhile_gets_no_room(alice: User, bob: User) -> None:
    project = make_project(alice, {bob: Role.VIEWER})
    _, opening = race(
        lambda: delete_project(actor=actor_of(alice), project_id=project.id),
        lambda: open_project_room(actor=actor_of(bob), project_id=project.id),
    )
    assert isinstance(opening.exception(), ProjectNotFoundError)
    assert not Room.objects.exists()


def test_a_message_that_waits_for_the_deletion_of_its_project_is_refused(
    alice: User, bob: User
) -> None:
    project = make_project(alice, {bob: Role.VIEWER})
    room = open_project_room(actor=actor_of(bob), project_id=project.id)
    draft = Draft(room_id=room.id, author_id=bob.id, body="One more thing")
    _, posting = race(
        lambda: delete_project(actor=actor_of(alice), project_id=project.id),
        lambda: ledger.record([draft]),
    )
    [refusal] = posting.result().results
    assert isinstance(refusal, RoomNotFoundError)


def test_two_people_who_join_at_once_are_both_counted(
    kitchen: Room, charlie: User, guest: User
) -> None:
    race(
        lambda: join_room(actor=actor_of(charlie), room_id=kitchen.id),
        lambda: join_room(actor=actor_of(guest), room_id=kitchen.id),
    )
    kitchen.refresh_from_db()
    assert kitchen.member_count == 4


def test_the_same_person_joining_twice_at_once_is_counted_once(
    kitchen: Room, charlie: User
) -> None:
    _, again = race(
        lambda: join_room(actor=actor_of(charlie), room_id=kitchen.id),
        lambda: join_room(actor=actor_of(charlie), room_id=kitchen.id),
    )
    assert again.exception() is None
    kitchen.refresh_from_db()
    assert kitchen.member_count == 3


def test_of_two_owners_who_leave_at_once_one_stays(
    kitchen: Room, alice: User, bob: User, charlie: User
) -> None:
    join_room(actor=actor_of(charlie), room_id=kitchen.id)
    owner = MemberChange(role=MemberRole.OWNER)
    moderate_member(actor=actor_of(alice), room_id=kitchen.id, user_id=bob.id, change=owner)
    _, leaving = race(
        lambda: leave_room(actor=actor_of(alice), room_id=kitchen.id),
        lambda: leave_room(actor=actor_of(bob), room_id=kitchen.id),
    )
    assert isinstance(leaving.exception(), LastOwnerError)
    assert Membership.objects.get(role=MemberRole.OWNER).user == bob


def test_a_message_that_waits_for_a_ban_is_refused(kitchen: Room, alice: User, bob: User) -> None:
    ban = MemberChange(is_banned=True)
    draft = Draft(room_id=kitchen.id, author_id=bob.id, body="One more thing")
    _, posting = race(
        lambda: moderate_member(
            actor=actor_of(alice), room_id=kitchen.id, user_id=bob.id, change=ban
        ),
        lambda: ledger.record([draft]),
    )
    [refusal] = posting.result().results
    assert isinstance(refusal, BannedFromRoomError)


def test_nobody_joins_a_room_that_is_deleted_meanwhile(
    kitchen: Room, alice: User, charlie: User
) -> None:
    _, joining = race(
        lambda: delete_room(actor=actor_of(alice), room_id=kitchen.id),
        lambda: join_room(actor=actor_of(charlie), room_id=kitchen.id),
    )
    assert isinstance(joining.exception(), RoomNotFoundError)


def test_a_first_read_marker_waits_for_the_ledger_that_creates_the_row(guest: User) -> None:
    lobby = open_lobby()
    post(guest, lobby, "Hello!")
    Room.objects.filter(id=lobby.id).update(slow_mode_s=1)
    Membership.objects.all().delete()
    draft = Draft(room_id=lobby.id, author_id=guest.id, body="Hello again!")
    posted, marking = race(
        lambda: ledger.record([draft]),
        lambda: mark_read(actor=actor_of(guest), room_id=lobby.id, seq=1),
    )
    assert marking.result().last_read_seq == 1
    assert Membership.objects.get().last_posted_at is not None
    assert len(posted.results) == 1
