"""Editing and deleting messages, and reacting to them."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from accounts.models import User
from apikit.actors import Actor
from apikit.errors import ApiError, AuthenticationRequiredError, ValidationFailedError
from apikit.ids import new_id
from chat import services
from chat.errors import (
    AnnouncementOnlyError,
    MessageDeletedError,
    MessageNotFoundError,
    MutedError,
    NotMessageAuthorError,
    TooManyEditsError,
)
from chat.events import MessageDeleted, MessageEdited
from chat.models import Membership, Message, MessageEdit, Reaction, Room
from chat.rooms import open_direct_room
from chat.services import (
    MAX_EDITS_PER_MESSAGE,
    MAX_EMOJI_PER_MESSAGE,
    delete_message,
    edit_message,
    post_message,
    set_reaction,
    toggle_reaction,
)
from chat.topics import room_topic
from realtime.events import Event
from tests.chat.conftest import Say
from tests.conftest import actor_of

pytestmark = pytest.mark.django_db(transaction=True)

Change = Callable[[Actor, Message], Any]


@pytest.fixture
def published(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, Event]]:
    """What changes publish."""
    published: list[tuple[str, Event]] = []
    monkeypatch.setattr(services, "publish", lambda *event: published.append(event))
    return published


def edit(actor: Actor, message: Message) -> Any:
    return edit_message(actor=actor, message_id=message.id, body="Hi")


def delete(actor: Actor, message: Message) -> Any:
    return delete_message(actor=actor, message_id=message.id)


def react(actor: Actor, message: Message) -> Any:
    return toggle_reaction(actor=actor, message_id=message.id, emoji="👍")


@pytest.fixture
def message(bob: User, say: Say) -> Message:
    """A message of bob's, the second in the room."""
    say(bob, "First")
    return Message.objects.get(id=say(bob, "Hello").message.id)


def test_an_edit_keeps_the_earlier_text_and_raises_the_revision(
    bob: User, room: Room, message: Message, published: list[tuple[str, Event]]
) -> None:
    view = edit(actor_of(bob), message)
    assert (view.body, view.seq, view.revision) == ("Hi", 2, 3)
    assert view.edited_at is not None
    [earlier] = MessageEdit.objects.filter(message=message)
    assert earlier.body == "Hello"
    [(topic, event)] = published
    assert isinstance(event, MessageEdited)
    assert (topic, event.position, event.message) == (room_topic(room.id), 3, view)
    room.refresh_from_db()
    assert (room.last_seq, room.revision) == (2, 3)


def test_an_edit_that_changes_nothing_is_not_published(
    bob: User, message: Message, published: list[tuple[str, Event]]
) -> None:
    view = edit_message(actor=actor_of(bob), message_id=message.id, body=" Hello ")
    assert (view.revision, view.edited_at) == (2, None)
    assert not published
    assert not MessageEdit.objects.exists()


def test_a_message_cannot_be_edited_for_ever(bob: User, message: Message) -> None:
    """The earlier texts are read together, also to answer a repeated key."""
    now = timezone.now()
    MessageEdit.objects.bulk_create(
        MessageEdit(message=message, body="Hello", replaced_at=now)
        for _ in range(MAX_EDITS_PER_MESSAGE - 1)
    )
    edit(actor_of(bob), message)
    with pytest.raises(TooManyEditsError):
        edit_message(actor=actor_of(bob), message_id=message.id, body="Once more")
    assert delete(actor_of(bob), message).body == ""


def test_a_deleted_message_leaves_a_tombstone(
    alice: User, bob: User, message: Message, published: list[tuple[str, Event]]
) -> None:
    react(actor_of(alice), message)
    view = delete(actor_of(bob), message)
    assert (view.body, view.seq, view.reactions) == ("", 2, ())
    assert view.deleted_at is not None
    assert isinstance(published[-1][1], MessageDeleted)
    assert delete(actor_of(bob), message) == view
    assert len(published) == 2
    message.refresh_from_db()
    assert (message.body, message.searchable_body, message.deleted_by_id) == ("", "", bob.id)
    assert MessageEdit.objects.get(message=message).body == "Hello"
    assert not Reaction.objects.exists()
    for change in (edit, react):
        with pytest.raises(MessageDeletedError):
            change(actor_of(bob), message)


def test_who_may_change_a_message(
    alice: User, bob: User, charlie: User, staff: User, say: Say
) -> None:
    mine, yours = say(bob).message, say(alice).message
    with pytest.raises(NotMessageAuthorError):
        edit(actor_of(alice), Message(id=mine.id))
    with pytest.raises(NotMessageAuthorError):
        delete(actor_of(bob), Message(id=yours.id))
    assert delete(actor_of(alice), Message(id=mine.id)).deleted_at is not None
    assert delete(actor_of(staff), Message(id=yours.id)).deleted_at is not None
    for change in (edit, delete, react):
        for message_id in (mine.id, new_id()):
            with pytest.raises(MessageNotFoundError):
                change(actor_of(charlie), Message(id=message_id))
        with pytest.raises(AuthenticationRequiredError):
            change(Actor(), Message(id=mine.id))


def test_staff_delete_in_direct_rooms_that_they_cannot_read(
    alice: User, bob: User, staff: User
) -> None:
    room, _ = open_direct_room(actor=actor_of(alice), user_id=bob.id)
    posted = post_message(actor=actor_of(alice), room_id=room.id, body="Hello")
    message = Message(id=posted.message.id)
    with pytest.raises(MessageNotFoundError):
        edit(actor_of(staff), message)
    assert delete(actor_of(staff), message).deleted_at is not None


@pytest.mark.parametrize(
    ("is_muted", "change", "refusal"),
    [
        (True, edit, MutedError),
        (True, react, MutedError),
        (True, delete, None),
        (False, edit, AnnouncementOnlyError),
        (False, react, None),
    ],
)
def test_somebody_who_may_not_write_changes_nothing_into_a_message(
    bob: User,
    room: Room,
    message: Message,
    is_muted: bool,
    change: Change,
    refusal: type[ApiError] | None,
) -> None:
    if is_muted:
        soon = timezone.now() + timedelta(minutes=1)
        Membership.objects.filter(room=room, user=bob).update(muted_until=soon)
    else:
        Room.objects.filter(id=room.id).update(is_announcement_only=True)
    if refusal is None:
        change(actor_of(bob), message)
    else:
        with pytest.raises(refusal):
            change(actor_of(bob), message)


def test_deleting_a_reply_counts_in_its_thread(
    alice: User, bob: User, message: Message, say: Say, published: list[tuple[str, Event]]
) -> None:
    replies = [say(alice, parent_id=message.id).message for _ in range(2)]
    delete(actor_of(alice), Message(id=replies[0].id))
    message.refresh_from_db()
    assert message.reply_count == 1
    event = published[-1][1]
    assert isinstance(event, MessageDeleted)
    assert event.thread is not None
    assert (event.thread.message_id, event.thread.reply_count) == (message.id, 1)


def test_a_reaction_is_toggled_once_per_person(
    alice: User, bob: User, message: Message, published: list[tuple[str, Event]]
) -> None:
    react(actor_of(alice), message)
    view = react(actor_of(bob), message)
    [reaction] = view.reactions
    assert (reaction.emoji, reaction.count) == ("👍", 2)
    assert set(reaction.user_ids) == {alice.id, bob.id}
    assert react(actor_of(bob), message).reactions[0].count == 1
    assert [event.position for _, event in published if isinstance(event, MessageEdited)] == [
        3, 4, 5,
    ]  # fmt: skip


def test_setting_a_reaction_twice_is_not_published(
    bob: User, message: Message, published: list[tuple[str, Event]]
) -> None:
    for is_on in (True, True, False, False):
        set_reaction(actor=actor_of(bob), message_id=message.id, emoji="❤️", is_on=is_on)
    assert len(published) == 2
    assert not Reaction.objects.exists()


@pytest.mark.parametrize(
    "emoji",
    ["", "a", "ok", "👍👍", "👍" * 17, "❤️👍", "🇩🇪🇫🇷", "🇩", "1️⃣2️⃣", " 👍", "👍\n", "<b>", "🏽\u200d"],
)
def test_only_emoji_are_reactions(bob: User, message: Message, emoji: str) -> None:
    with pytest.raises(ValidationFailedError):
        toggle_reaction(actor=actor_of(bob), message_id=message.id, emoji=emoji)


@pytest.mark.parametrize(
    "emoji", ["👍", "👍🏽", "❤️", "❤", "1️⃣", "🏴󠁧󠁢󠁥󠁮󠁧󠁿", "👩‍👩‍👧", "👩🏽‍🚀", "🏳️‍🌈", "🇩🇪", "✅"]
)
def test_emoji_of_all_kinds_are_reactions(bob: User, message: Message, emoji: str) -> None:
    view = toggle_reaction(actor=actor_of(bob), message_id=message.id, emoji=emoji)
    assert [each.emoji for each in view.reactions] == [emoji]


def test_a_message_has_so_many_different_reactions(bob: User, message: Message) -> None:
    for number in range(MAX_EMOJI_PER_MESSAGE):
        toggle_reaction(actor=actor_of(bob), message_id=message.id, emoji=chr(0x1F600 + number))
    with pytest.raises(ValidationFailedError):
        toggle_reaction(actor=actor_of(bob), message_id=message.id, emoji="👍")
