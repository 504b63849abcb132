"""Posting messages: numbers without gaps, and who may post."""

import threading
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from accounts.errors import AccountSuspendedError
from accounts.models import TokenFamily, User
from accounts.sign_in import open_token_family
from apikit.actors import Actor
from apikit.errors import (
    ApiError,
    AuthenticationRequiredError,
    IdempotencyKeyReusedError,
    TokenInvalidError,
    ValidationFailedError,
)
from apikit.ids import new_id
from apikit.text import searchable
from chat import ledger, mentions
from chat.drafts import Draft
from chat.errors import (
    AnnouncementOnlyError,
    BannedFromRoomError,
    MessageDeletedError,
    MessageNotFoundError,
    MutedError,
    NotRoomMemberError,
    RoomNotFoundError,
    SlowModeError,
)
from chat.memberships import leave_room
from chat.models import (
    MESSAGE_MAX_CHARS,
    MemberRole,
    Membership,
    Mention,
    Message,
    Room,
    ThreadFollow,
)
from chat.rooms import create_room, open_direct_room, open_lobby, open_poll_room
from chat.services import delete_message, edit_message, post_message
from polls.errors import PollNotFoundError
from polls.services import hide_poll
from tests.chat.conftest import Say, add_member, stored
from tests.conftest import MakePoll, actor_of, make_user

pytestmark = [pytest.mark.both, pytest.mark.django_db(transaction=True)]

Change = Callable[[Room, Membership], object]


def draft_of(room: Room, user: User, body: str = "Hello", **fields: Any) -> Draft:
    return replace(Draft(room_id=room.id, author_id=user.id, body=body), **fields)


# Numbers


def test_messages_are_numbered_per_room_without_gaps(
    alice: User, bob: User, room: Room, say: Say
) -> None:
    other = create_room(actor=actor_of(alice), name="Garden")
    for text in ("one", "two"):
        say(bob, text)
        say(alice, text, room_id=other.id)
    with pytest.raises(ApiError):
        say(bob, "nothing", parent_id=new_id())
    third = say(alice, "three").message
    assert (third.seq, third.revision) == (3, 3)
    assert stored(room) == [(1, "one"), (2, "two"), (3, "three")]
    assert stored(other) == [(1, "one"), (2, "two")]
    room.refresh_from_db()
    assert (room.last_seq, room.revision) == (3, 3)


def test_a_batch_costs_as_many_queries_as_a_message(
    alice: User, bob: User, room: Room, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    with django_assert_num_queries(6):  # BEGIN, rooms, authors, messages, counters, COMMIT
        ledger.record([draft_of(room, bob)])
    with django_assert_num_queries(6):
        result = ledger.record([draft_of(room, each) for each in (alice, bob) for _ in range(20)])
    assert len(result.results) == len(result.events) == 40
    assert [seq for seq, _ in stored(room)] == list(range(1, 42))


@pytest.mark.services
def test_posts_of_several_threads_get_consecutive_numbers(room: Room, bob: User) -> None:
    """Each thread is a writer, as in several processes."""

    def post() -> None:
        from django.db import connection

        try:
            for _ in range(10):
                ledger.record([draft_of(room, bob)])
        finally:
            connection.close()

    threads = [threading.Thread(target=post) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert [seq for seq, _ in stored(room)] == list(range(1, 41))


def test_a_refused_draft_does_not_fail_the_others(room: Room, bob: User, charlie: User) -> None:
    drafts = [draft_of(room, bob, "a"), draft_of(room, charlie, "b"), draft_of(room, bob, "c")]
    first, second, third = ledger.record(drafts).results
    assert isinstance(second, RoomNotFoundError)
    assert not isinstance(first, ApiError)
    assert not isinstance(third, ApiError)
    assert stored(room) == [(1, "a"), (2, "c")]


# Repeating


def test_the_same_key_returns_the_same_message(bob: User, room: Room, say: Say) -> None:
    first, again = (say(bob, "Hello", key="k") for _ in range(2))
    assert again.message == first.message
    assert (first.is_replayed, again.is_replayed) == (False, True)
    assert stored(room) == [(1, "Hello")]
    with pytest.raises(IdempotencyKeyReusedError):
        say(bob, "Something else", key="k")


def test_a_key_belongs_to_a_person_and_a_room(alice: User, bob: User, room: Room, say: Say) -> None:
    other = create_room(actor=actor_of(bob), name="Garden")
    said = [say(alice, "a", key="k"), say(bob, "b", key="k")]
    said.append(say(bob, "c", key="k", room_id=other.id))
    assert not any(each.is_replayed for each in said)


def test_a_key_is_recognised_within_a_batch(room: Room, bob: User) -> None:
    drafts = [draft_of(room, bob, key="k") for _ in range(3)]
    results = ledger.record(drafts).results
    assert not any(isinstance(each, ApiError) for each in results)
    assert [each.is_replayed for each in results if not isinstance(each, ApiError)] == [
        False, True, True,
    ]  # fmt: skip
    assert len(stored(room)) == 1


def test_a_key_is_recognised_after_the_message_has_changed(
    alice: User, bob: User, say: Say
) -> None:
    """By the text it was posted with; the current state is returned."""
    message = say(bob, "Hello", key="k").message
    edit_message(actor=actor_of(bob), message_id=message.id, body="Hi")
    assert say(bob, "Hello", key="k").message.body == "Hi"
    with pytest.raises(IdempotencyKeyReusedError):
        say(bob, "Hi", key="k")
    delete_message(actor=actor_of(alice), message_id=message.id)
    assert say(bob, "Hello", key="k").message.deleted_at is not None


def test_a_retry_recognises_what_was_committed(room: Room, bob: User) -> None:
    draft = draft_of(room, bob)
    [first] = ledger.record([draft]).results
    again = ledger.record([draft], is_retry=True)
    assert again.results == [first]
    assert not again.events
    assert len(stored(room)) == 1


def test_a_key_is_not_replayed_to_somebody_who_was_removed(bob: User, room: Room, say: Say) -> None:
    say(bob, "Hello", key="k")
    Membership.objects.filter(room=room, user=bob).delete()
    with pytest.raises(RoomNotFoundError):
        say(bob, "Hello", key="k")


# Access


def ban(_room: Room, membership: Membership) -> None:
    membership.banned_at = timezone.now()
    membership.save()


def mute(_room: Room, membership: Membership) -> None:
    membership.muted_until = timezone.now() + timedelta(minutes=1)
    membership.save()


def announce(room: Room, _membership: Membership) -> None:
    room.is_announcement_only = True
    room.save(update_fields=["is_announcement_only"])


def hide(room: Room, _membership: Membership) -> None:
    room.hidden_at = timezone.now()
    room.save(update_fields=["hidden_at"])


@pytest.mark.parametrize(
    ("change", "refusal"),
    [
        (ban, BannedFromRoomError),
        (mute, MutedError),
        (announce, AnnouncementOnlyError),
        (hide, RoomNotFoundError),
    ],
)
def test_a_member_may_be_kept_from_posting(
    room: Room, bob: User, say: Say, change: Change, refusal: type[ApiError]
) -> None:
    say(bob)
    change(room, Membership.objects.get(room=room, user=bob))
    with pytest.raises(refusal):
        say(bob)


def test_the_owner_posts_in_an_announcement_room_and_a_mute_ends(
    alice: User, bob: User, room: Room, say: Say
) -> None:
    membership = Membership.objects.get(room=room, user=bob)
    membership.muted_until = timezone.now() - timedelta(seconds=1)
    membership.save()
    say(bob)
    announce(room, membership)
    say(alice)


def test_a_stranger_cannot_tell_a_room_from_a_missing_one(charlie: User, say: Say) -> None:
    refusals = []
    for room_id in (None, new_id()):
        with pytest.raises(RoomNotFoundError) as refusal:
            say(charlie, **({} if room_id is None else {"room_id": room_id}))
        refusals.append(refusal.value.details())
    assert refusals[0] == refusals[1]


def test_an_open_room_wants_members(alice: User, charlie: User) -> None:
    room = create_room(actor=actor_of(alice), name="Open", is_open=True)
    with pytest.raises(NotRoomMemberError):
        post_message(actor=actor_of(charlie), room_id=room.id, body="Hello")


def test_slow_mode_limits_members_but_not_the_owner(
    alice: User, bob: User, room: Room, say: Say
) -> None:
    room.slow_mode_s = 60
    room.save()
    for _ in range(2):
        say(alice)
    say(bob)
    with pytest.raises(SlowModeError) as refusal:
        say(bob)
    assert refusal.value.retry_after_s is not None
    assert 58 <= refusal.value.retry_after_s <= 60
    assert refusal.value.extra == {"retryAfterSeconds": refusal.value.retry_after_s}
    own = Membership.objects.filter(room=room, user=bob)
    own.update(last_posted_at=timezone.now() - timedelta(seconds=61))
    say(bob)


def test_slow_mode_applies_to_people_without_a_membership(bob: User) -> None:
    """And within a batch."""
    lobby = open_lobby()
    lobby.slow_mode_s = 60
    lobby.save()
    first, second = ledger.record([draft_of(lobby, bob), draft_of(lobby, bob)]).results
    assert not isinstance(first, ApiError)
    assert isinstance(second, SlowModeError)
    [third] = ledger.record([draft_of(lobby, bob)]).results
    assert isinstance(third, SlowModeError)
    membership = Membership.objects.get(room=lobby, user=bob)
    assert membership.joined_at is None


def test_suspended_people_and_revoked_sign_ins_post_nothing(
    room: Room, bob: User, say: Say
) -> None:
    open_token_family(user=bob)
    family = TokenFamily.objects.get(user=bob)
    actor = replace(actor_of(bob), family_id=family.id)
    say(bob, actor=actor)
    TokenFamily.objects.update(revoked_at=timezone.now())
    with pytest.raises(TokenInvalidError):
        say(bob, actor=actor)
    User.objects.filter(id=bob.id).update(is_active=False)
    with pytest.raises(AccountSuspendedError):
        say(bob)
    with pytest.raises(TokenInvalidError):
        say(bob, actor=Actor(new_id()))
    with pytest.raises(AuthenticationRequiredError):
        say(bob, actor=Actor())
    assert len(stored(room)) == 1


def test_the_lobby_and_a_polls_room_are_for_everybody(
    alice: User, guest: User, charlie: User, staff: User, make_poll: MakePoll
) -> None:
    poll = make_poll()
    for room in (open_lobby(), open_poll_room(actor=actor_of(alice), poll_id=poll.id)):
        for user in (guest, charlie):
            post_message(actor=actor_of(user), room_id=room.id, body="Hello")
    hide_poll(actor=actor_of(staff), poll_id=poll.id, reason="spam")
    with pytest.raises(RoomNotFoundError):
        post_message(actor=actor_of(charlie), room_id=room.id, body="Hello")
    post_message(actor=actor_of(alice), room_id=room.id, body="Why?")


def test_a_direct_room_is_for_two(alice: User, bob: User, charlie: User, staff: User) -> None:
    room, _ = open_direct_room(actor=actor_of(alice), user_id=bob.id)
    for user in (alice, bob):
        post_message(actor=actor_of(user), room_id=room.id, body="Hello")
    for user in (charlie, staff):
        with pytest.raises(RoomNotFoundError):
            post_message(actor=actor_of(user), room_id=room.id, body="Hello")


# Texts


def test_a_text_is_normalized(bob: User, say: Say) -> None:
    assert say(bob, "  Cafe\u0301\r\nau lait ").message.body == "Café\nau lait"
    assert say(bob, "x" * 2000).message.seq == 2
    pasted = say(bob, "a\tb\r1\u20282\u20293\v4\f5\x856\r\n7")
    assert pasted.message.body == "a   b\n1\n2\n3\n4\n5\n6\n7"


@pytest.mark.parametrize(
    "body",
    ["", " \n ", "\u200b", "x" * 2001, "x" * 100_000, "a\x00b", "a\u202eb", "a" + "\t" * 500 + "b"],
)
def test_an_invalid_text_is_refused(bob: User, room: Room, say: Say, body: str) -> None:
    with pytest.raises(ValidationFailedError) as refusal:
        say(bob, body)
    assert [error.field for error in refusal.value.errors] == ["body"]
    assert not stored(room)


# Threads


def test_a_reply_counts_in_its_thread_and_is_followed(
    alice: User, bob: User, room: Room, say: Say
) -> None:
    parent = say(alice, "Tea?").message
    replies = [say(bob, text, parent_id=parent.id).message for text in ("Yes", "Please")]
    stored_parent = Message.objects.get(id=parent.id)
    assert (stored_parent.reply_count, stored_parent.last_reply_at) == (2, replies[1].created_at)
    followers = ThreadFollow.objects.filter(message_id=parent.id).values_list("user", flat=True)
    assert set(followers) == {alice.id, bob.id}
    with pytest.raises(MessageNotFoundError):
        say(bob, "A reply to a reply", parent_id=replies[0].id)


def test_the_parent_must_be_in_the_room_and_not_deleted(
    alice: User, bob: User, room: Room, say: Say
) -> None:
    other = create_room(actor=actor_of(alice), name="Garden")
    elsewhere = say(alice, room_id=other.id).message
    with pytest.raises(MessageNotFoundError):
        say(bob, parent_id=elsewhere.id)
    parent = say(alice).message
    delete_message(actor=actor_of(alice), message_id=parent.id)
    with pytest.raises(MessageDeletedError):
        say(bob, parent_id=parent.id)


# Polls and mentions


def test_a_card_shows_a_public_poll_only(
    alice: User, bob: User, say: Say, make_poll: MakePoll
) -> None:
    poll, draft = make_poll(), make_poll(is_published=False)
    assert say(alice, poll_id=poll.id).message.poll_id == poll.id
    for poll_id in (draft.id, new_id()):
        with pytest.raises(PollNotFoundError):
            say(alice, poll_id=poll_id)


def test_members_are_mentioned_by_name(alice: User, bob: User, room: Room, say: Say) -> None:
    grace = User.objects.create(name="Grace Hopper", email="grace@example.org")
    make_user("Dora")
    add_member(room, grace)
    message = say(alice, "@bob, @Grace Hopper and @Dora: see (@BOB) or mail me@bob").message
    assert set(message.mentions) == {bob.id, grace.id}
    rows = Mention.objects.filter(message_id=message.id)
    assert set(rows.values_list("user", "room_id", "seq")) == {
        (bob.id, room.id, 1),
        (grace.id, room.id, 1),
    }
    leave_room(actor=actor_of(grace), room_id=room.id)
    assert say(alice, "@Grace Hopper, are you there?").message.mentions == ()


def test_the_longest_name_is_meant(alice: User, room: Room, say: Say) -> None:
    ann = User.objects.create(name="Ann", email="ann@example.org")
    ann_lee = User.objects.create(name="Ann Lee", email="lee@example.org")
    for each in (ann, ann_lee):
        add_member(room, each)
    assert say(alice, "@Ann Lee is here").message.mentions == (ann_lee.id,)
    assert say(alice, "@Ann leaves").message.mentions == (ann.id,)


@pytest.mark.parametrize("text", ["@", "@\u0301", "@a b c d "])
def test_names_are_looked_for_in_linear_time(text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A message of nothing but @ took the thread that writes all messages twelve seconds."""
    folded: list[str] = []

    def fold(name: str) -> str:
        folded.append(name)
        return searchable(name)

    monkeypatch.setattr(mentions, "searchable", fold)
    body = (text * MESSAGE_MAX_CHARS)[:MESSAGE_MAX_CHARS]
    assert len(mentions.possible_names(body)) == mentions.MAX_MENTIONS
    assert sum(map(len, folded)) < 20 * MESSAGE_MAX_CHARS


def test_owners_of_another_room_have_no_say_here(alice: User, bob: User, room: Room) -> None:
    """Memberships of a batch are not mixed up between rooms."""
    other = create_room(actor=actor_of(bob), name="Garden")
    room.is_announcement_only = True
    room.save(update_fields=["is_announcement_only"])
    drafts = [draft_of(other, bob), draft_of(room, bob), draft_of(room, alice)]
    results = ledger.record(drafts).results
    assert [isinstance(each, AnnouncementOnlyError) for each in results] == [False, True, False]
    assert Membership.objects.get(room=other, user=bob).role == MemberRole.OWNER
