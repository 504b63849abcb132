"""Messages and memberships of people who are suspended, deleted or merged into an account."""

from uuid import UUID, uuid4

import pytest
from django.db import transaction
from django.utils import timezone

from accounts.guests import merge_guest
from accounts.models import User
from accounts.pruning import prune_guests
from accounts.services import delete_user, suspend_user
from chat import people
from chat.events import MessageDeleted
from chat.memberships import MemberChange, join_room, moderate_member
from chat.models import MemberRole, Membership, Mention, Message, MessageEdit, Reaction, Room
from chat.rooms import create_room, open_direct_room, open_lobby
from chat.services import set_reaction
from chat.threads import follow_thread
from tests.chat.rooms import post
from tests.conftest import ClientFor, actor_of

pytestmark = [pytest.mark.both, pytest.mark.django_db(transaction=True)]


def membership_of(user: User, room: Room) -> Membership:
    return Membership.objects.get(room=room, user=user)


def merge(guest: User, account: User) -> None:
    merge_guest(guest_id=guest.id, account_id=account.id)


def bodies(room: Room) -> list[tuple[UUID | None, str]]:
    return list(Message.objects.filter(room=room).values_list("author_id", "body"))


# Suspending


def test_suspending_someone_can_delete_their_messages(
    room: Room, alice: User, bob: User, staff: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(people, "CHUNK", 2)
    question = post(alice, room, "Tea?")
    replies = [post(bob, room, text, question.id) for text in ("One", "Two", "Three")]
    set_reaction(actor=actor_of(alice), message_id=replies[0].id, emoji="👍", is_on=True)
    suspend_user(actor=actor_of(staff), user_id=bob.id, reason="spam", withdraws_contributions=True)
    assert bodies(room) == [(alice.id, "Tea?"), *[(bob.id, "")] * 3]
    assert Message.objects.filter(deleted_at=None).get().reply_count == 0
    assert not Reaction.objects.exists()
    texts = MessageEdit.objects.filter(message__author=bob).values_list("body", flat=True)
    assert sorted(texts) == ["One", "Three", "Two"]
    assert not Message.objects.filter(searchable_body__contains="one").exists()


def test_messages_deleted_with_a_suspension_are_in_the_rooms_log(
    room: Room, alice: User, bob: User, staff: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    published: list[MessageDeleted] = []
    monkeypatch.setattr(people, "publish", lambda _topic, event: published.append(event))
    question = post(alice, room, "Tea?")
    for text in ("One", "Two"):
        post(bob, room, text, question.id)
    suspend_user(actor=actor_of(staff), user_id=bob.id, reason="spam", withdraws_contributions=True)
    assert [event.revision for event in published] == [4, 5]
    room.refresh_from_db()
    assert room.revision == 5
    assert list(Message.objects.order_by("seq").values_list("revision", flat=True)) == [1, 4, 5]


def test_a_suspension_alone_keeps_the_messages(room: Room, bob: User, staff: User) -> None:
    post(bob, room, "Hello!")
    suspend_user(actor=actor_of(staff), user_id=bob.id, reason="spam")
    assert bodies(room) == [(bob.id, "Hello!")]


# Deleting


def test_deleting_someone_erases_what_they_wrote_and_keeps_the_numbers(
    room: Room, alice: User, bob: User, staff: User, client_for: ClientFor
) -> None:
    post(alice, room, "Hello!")
    post(bob, room, "Secret")
    delete_user(actor=actor_of(staff), user_id=bob.id)
    assert bodies(room) == [(alice.id, "Hello!"), (None, "")]
    assert not MessageEdit.objects.exists()
    room.refresh_from_db()
    assert room.member_count == 1
    [_, erased] = client_for(alice).get(f"/api/messages/{room.id}").json()["messages"]
    assert (erased["seq"], erased["author"], erased["body"]) == (2, None, "")


def test_the_first_member_inherits_a_group_from_its_deleted_owner(
    room: Room, alice: User, bob: User, charlie: User, staff: User
) -> None:
    room_id = room.id
    Membership.objects.create(
        room=room, user=charlie, joined_at=timezone.now(), created_at=timezone.now()
    )
    delete_user(actor=actor_of(staff), user_id=alice.id)
    roles = dict(Membership.objects.filter(room_id=room_id).values_list("user_id", "role"))
    assert roles == {bob.id: MemberRole.OWNER, charlie.id: MemberRole.MEMBER}


def test_a_group_without_members_is_deleted(alice: User, staff: User) -> None:
    room = create_room(actor=actor_of(alice), name="Mine")
    delete_user(actor=actor_of(staff), user_id=alice.id)
    room.refresh_from_db()
    assert room.deleted_at is not None


def test_a_direct_room_stays_for_the_other_person(
    alice: User, bob: User, staff: User, client_for: ClientFor
) -> None:
    room, _ = open_direct_room(actor=actor_of(alice), user_id=bob.id)
    post(bob, room, "Are you there?")
    delete_user(actor=actor_of(staff), user_id=alice.id)
    shown = client_for(bob).get(f"/api/rooms/{room.id}").json()["room"]
    assert (shown["name"], shown["person"], shown["memberCount"]) == ("", None, 1)
    assert shown["lastMessage"]["body"] == "Are you there?"


# Merging


def test_a_guests_messages_and_reactions_become_the_accounts(guest: User, bob: User) -> None:
    lobby = open_lobby()
    message = post(guest, lobby, "Hello!")
    set_reaction(actor=actor_of(guest), message_id=message.id, emoji="👍", is_on=True)
    set_reaction(actor=actor_of(guest), message_id=message.id, emoji="🎉", is_on=True)
    set_reaction(actor=actor_of(bob), message_id=message.id, emoji="👍", is_on=True)
    Mention.objects.create(message=message, user=guest, room_id=lobby.id, seq=1)
    follow_thread(actor=actor_of(guest), message_id=message.id)
    merge(guest, bob)
    assert bodies(lobby) == [(bob.id, "Hello!")]
    reactions = set(Reaction.objects.values_list("user_id", "emoji"))
    assert reactions == {(bob.id, "👍"), (bob.id, "🎉")}
    assert list(Mention.objects.values_list("user_id", flat=True)) == [bob.id]
    assert list(message.followers.values_list("user_id", flat=True)) == [bob.id]


def test_messages_under_the_same_key_can_be_merged(guest: User, bob: User) -> None:
    lobby = open_lobby()
    for user in (guest, bob):
        Message.objects.filter(id=post(user, lobby, "Hello!").id).update(key="k")
    merge(guest, bob)
    assert bodies(lobby) == [(bob.id, "Hello!")] * 2


@pytest.mark.parametrize("has_account_joined", [True, False])
def test_a_guests_membership_becomes_the_accounts(
    alice: User, guest: User, bob: User, *, has_account_joined: bool
) -> None:
    room = create_room(actor=actor_of(alice), name="Kitchen", is_open=True)
    post(alice, room, "Hello!")
    join_room(actor=actor_of(guest), room_id=room.id)
    if has_account_joined:
        join_room(actor=actor_of(bob), room_id=room.id)
    merge(guest, bob)
    room.refresh_from_db()
    assert room.member_count == 2
    membership = membership_of(bob, room)
    assert membership.joined_at is not None
    assert membership.last_read_seq == 1
    assert not Membership.objects.filter(user=guest).exists()


@pytest.mark.parametrize("has_account_joined", [True, False])
def test_signing_in_does_not_lift_a_guests_ban(
    alice: User, guest: User, bob: User, *, has_account_joined: bool
) -> None:
    room = create_room(actor=actor_of(alice), name="Kitchen", is_open=True)
    join_room(actor=actor_of(guest), room_id=room.id)
    if has_account_joined:
        join_room(actor=actor_of(bob), room_id=room.id)
    change = MemberChange(is_banned=True)
    moderate_member(actor=actor_of(alice), room_id=room.id, user_id=guest.id, change=change)
    merge(guest, bob)
    room.refresh_from_db()
    assert membership_of(bob, room).banned_at is not None
    assert room.member_count == 1


def test_a_room_that_is_removed_meanwhile_is_skipped(alice: User, bob: User) -> None:
    missing = uuid4()
    with transaction.atomic():
        people._delete_some(missing, alice.id)
        people._leave(missing, alice.id)
        people._merge_memberships(missing, alice.id, bob.id)


# Pruning


def test_guests_in_rooms_are_kept(guest: User, alice: User) -> None:
    lobby = open_lobby()
    writer, reactor, joiner, banned, reader = (
        User.objects.create(name=name, is_guest=True) for name in "ABCDE"
    )
    message = post(writer, lobby, "Hello!")
    set_reaction(actor=actor_of(reactor), message_id=message.id, emoji="👍", is_on=True)
    join_room(actor=actor_of(joiner), room_id=lobby.id)
    now = timezone.now()
    Membership.objects.create(room=lobby, user=banned, banned_at=now, created_at=now)
    Membership.objects.create(room=lobby, user=reader, last_read_seq=1, created_at=now)
    long_ago = now.replace(year=2020)
    User.objects.filter(is_guest=True).update(created_at=long_ago, last_seen_at=long_ago)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("accounts.pruning.first_id_at", lambda _moment: UUID(int=2**128 - 1))
        prune_guests("")
    kept = set(User.objects.filter(is_guest=True).values_list("id", flat=True))
    assert kept == {writer.id, reactor.id, joiner.id, banned.id}
