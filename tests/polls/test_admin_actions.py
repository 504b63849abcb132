"""Admin actions on polls."""

from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.admin.models import DELETION, LogEntry

from accounts.models import User
from accounts.moderation import base
from apikit.actors import Actor
from polls.errors import PollNotFoundError
from polls.models import Poll, PollState
from polls.selectors import get_poll_for
from tests.conftest import MakePoll, finish_removals, vote
from tests.moderation_client import ModerationClient, closed, draft, log_of, messages_of, overdue
from votes.models import Vote
from votes.recount import find_mismatches

pytestmark = [pytest.mark.both, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def moderator(staff: User) -> ModerationClient:
    return ModerationClient(staff)


@pytest.mark.parametrize(
    ("action", "begins", "ends", "done"),
    [
        ("publish_polls", "draft", "open", "published"),
        ("close_polls", "open", "closed", "closed"),
        ("reopen_polls", "closed", "open", "reopened"),
        ("reopen_polls", "overdue", "open", "reopened"),
    ],
)
def test_actions_change_the_state(
    moderator: ModerationClient,
    make_poll: MakePoll,
    staff: User,
    action: str,
    begins: str,
    ends: str,
    done: str,
) -> None:
    makers: dict[str, Callable[[], Poll]] = {
        "draft": lambda: draft(make_poll),
        "open": make_poll,
        "closed": lambda: closed(make_poll, staff),
        "overdue": lambda: overdue(make_poll),
    }
    poll, other = makers[begins](), makers[begins]()
    assert messages_of(moderator.act(action, poll, other)) == [f"2 polls: {done}."]
    assert {str(each.state) for each in Poll.objects.all()} == {ends}
    assert log_of(poll) == [f"{done.capitalize()}."]


def test_a_refused_poll_does_not_stop_the_others(
    moderator: ModerationClient, make_poll: MakePoll
) -> None:
    refused, moved = draft(make_poll, question="Not yet?"), make_poll()
    assert messages_of(moderator.act("close_polls", refused, moved)) == [
        "1 poll: closed.",
        "“Not yet?”: This poll is a draft. Publish it first.",
    ]
    assert (log_of(refused), log_of(moved)) == ([], ["Closed."])


def test_an_action_without_effect_is_not_logged(
    moderator: ModerationClient, make_poll: MakePoll, staff: User
) -> None:
    poll = closed(make_poll, staff)
    message = "Nothing to change for 1 poll."
    assert messages_of(moderator.act("close_polls", poll)) == [message]
    assert messages_of(moderator.act("restore_polls", poll)) == [message]
    assert log_of() == []


def test_hiding_asks_for_a_reason_first(moderator: ModerationClient, make_poll: MakePoll) -> None:
    poll = make_poll()
    page = moderator.act("hide_polls", poll).content.decode()
    assert "Tea or coffee?" in page
    assert "Reason" in page
    for nothing in ("", "  \n "):
        assert (
            "This field is required"
            in moderator.act("hide_polls", poll, reason=nothing).content.decode()
        )
    assert Poll.objects.get(id=poll.id).hidden_at is None


def test_hiding_a_poll_logs_the_reason(
    moderator: ModerationClient, make_poll: MakePoll, bob: User
) -> None:
    poll = make_poll()
    assert messages_of(moderator.act("hide_polls", poll, reason="Spam.")) == ["1 poll: hidden."]
    hidden = Poll.objects.get(id=poll.id)
    assert (hidden.hidden_reason, hidden.revision) == ("Spam.", poll.revision + 1)
    with pytest.raises(PollNotFoundError):
        get_poll_for(Actor(bob.id), poll.id)
    moderator.act("restore_polls", poll)
    assert get_poll_for(Actor(bob.id), poll.id).hidden_reason == ""
    assert log_of(poll) == ["Hidden: Spam.", "Restored."]


def test_deleting_asks_for_confirmation(
    moderator: ModerationClient, make_poll: MakePoll, bob: User, published: list[tuple[str, Any]]
) -> None:
    poll, other, kept = make_poll(), make_poll(question="Other?"), make_poll()
    vote(bob, poll, 0)
    assert "1 ballot<" in moderator.act("delete_selected", poll, other).content.decode()
    assert Poll.objects.count() == 3
    published.clear()
    response = moderator.act("delete_selected", poll, other, reason="Asked to.")
    assert messages_of(response) == ["2 polls: deleted."]
    assert list(Poll.objects.all()) == [kept]
    finish_removals()
    assert not Vote.objects.exists()
    assert {(event.poll_id, event.change) for _, event in published} == {
        (poll.id, "deleted"),
        (other.id, "deleted"),
    }
    entry = LogEntry.objects.get(object_id=str(poll.id))
    assert (entry.action_flag, entry.object_repr) == (DELETION, "Tea or coffee?")
    assert entry.change_message == "Deleted: Asked to."


@pytest.fixture
def published(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, Any]]:
    """The events published about polls."""
    events: list[tuple[str, Any]] = []
    monkeypatch.setattr(
        "polls.publishing.publish", lambda topic, event: events.append((topic, event))
    )
    return events


def test_the_delete_button_asks_for_confirmation(
    moderator: ModerationClient, make_poll: MakePoll
) -> None:
    poll = make_poll()
    address = f"{moderator.address(Poll)}{poll.id}/delete/"
    assert "Delete permanently" in moderator.client.get(address).content.decode()
    assert "required" in moderator.client.post(address, {"_confirmed": "1"}).content.decode()
    assert moderator.client.post(address, {"post": "yes"}).status_code == 200
    assert Poll.objects.count() == 1
    response = moderator.client.post(address, {"_confirmed": "1", "reason": "Asked to."})
    assert response["Location"] == moderator.address(Poll)
    assert not Poll.objects.exists()
    assert log_of() == ["Deleted: Asked to."]
    assert moderator.client.get(address).status_code == 404


def test_the_log_entry_is_in_the_transaction_of_the_change(
    moderator: ModerationClient, make_poll: MakePoll, monkeypatch: pytest.MonkeyPatch
) -> None:
    poll = make_poll()

    def fail(*args: Any, **options: Any) -> None:
        raise RuntimeError("the log is full")

    monkeypatch.setattr("accounts.moderation.actions.write_log", fail)
    with pytest.raises(RuntimeError):
        moderator.act("close_polls", poll)
    assert Poll.objects.get(id=poll.id).state == PollState.OPEN


def test_the_buttons_fit_the_state_and_return_to_the_page(
    moderator: ModerationClient, make_poll: MakePoll, staff: User
) -> None:
    poll = make_poll()
    page = moderator.page_of(poll)
    assert [name for name, _ in page.context["object_actions"]] == ["close_polls", "hide_polls"]
    data = {"action": "close_polls", "_selected_action": str(poll.id), "_back": "1"}
    response = moderator.client.post(moderator.address(Poll), data)
    assert response["Location"] == moderator.address(Poll, poll)
    page = moderator.page_of(poll)
    assert [name for name, _ in page.context["object_actions"]] == ["reopen_polls", "hide_polls"]


@pytest.mark.parametrize(
    ("data", "words"),
    [
        ({"action": "close_polls", "_selected_action": "nonsense"}, "not in this list"),
        ({"action": "close_polls"}, "must be selected"),
        ({"action": "explode", "_selected_action": "{id}"}, "No action selected"),
        ({"action": "", "_selected_action": "{id}"}, "No action selected"),
    ],
)
def test_invalid_keys_are_refused(
    moderator: ModerationClient, make_poll: MakePoll, data: dict[str, str], words: str
) -> None:
    poll = make_poll()
    data = {name: value.format(id=poll.id) for name, value in data.items()}
    response = moderator.client.post(moderator.address(Poll), data | {"index": "0"})
    assert words in messages_of(response)[0]
    assert Poll.objects.get(id=poll.id).revision == poll.revision


def test_too_many_objects_are_refused(
    moderator: ModerationClient, make_poll: MakePoll, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(base, "MAX_AT_ONCE", 1)
    polls = [make_poll(), make_poll()]
    assert "Select at most 1 items" in messages_of(moderator.act("close_polls", *polls))[0]
    data = {"action": "close_polls", "_selected_action": str(polls[0].id), "select_across": "1"}
    response = moderator.client.post(moderator.address(Poll), data | {"index": "0"})
    assert "Select at most 1 items" in messages_of(response)[0]
    assert not Poll.objects.filter(state=PollState.CLOSED).exists()


def test_moderation_keeps_tallies_correct(
    moderator: ModerationClient, make_poll: MakePoll, bob: User
) -> None:
    poll, other = make_poll(), make_poll(question="Other?")
    vote(bob, poll, 0)
    vote(bob, other, 1)
    moderator.save(poll, question="New?")
    moderator.act("close_polls", poll)
    moderator.act("reopen_polls", poll)
    moderator.act("delete_selected", other, reason="x")
    assert list(find_mismatches()) == []
