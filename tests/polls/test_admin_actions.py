"""What staff do to polls on the desk."""

from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.admin.models import DELETION, LogEntry

from accounts import desk as desk_module
from accounts.models import User
from apikit.actors import Actor
from polls.errors import PollNotFoundError
from polls.models import Poll, PollState
from polls.selectors import get_poll_for
from tests.conftest import MakePoll, finish_removals, vote
from tests.desk import Desk, closed, draft, log_of, messages_of, overdue
from votes.models import Vote
from votes.recount import find_mismatches

pytestmark = [pytest.mark.both, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def desk(staff: User) -> Desk:
    return Desk(staff)


@pytest.mark.parametrize(
    ("action", "begins", "ends", "done"),
    [
        ("publish_polls", "draft", "open", "published"),
        ("close_polls", "open", "closed", "closed"),
        ("reopen_polls", "closed", "open", "reopened"),
        ("reopen_polls", "overdue", "open", "reopened"),
    ],
)
def test_polls_are_moved(
    desk: Desk,
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
    assert messages_of(desk.act(action, poll, other)) == [f"2 polls: {done}."]
    assert {str(each.state) for each in Poll.objects.all()} == {ends}
    assert log_of(poll) == [f"{done.capitalize()}."]


def test_one_that_can_not_be_moved_keeps_nobody_else_back(desk: Desk, make_poll: MakePoll) -> None:
    refused, moved = draft(make_poll, question="Not yet?"), make_poll()
    assert messages_of(desk.act("close_polls", refused, moved)) == [
        "1 poll: closed.",
        "“Not yet?”: This poll is a draft: publish it first.",
    ]
    assert (log_of(refused), log_of(moved)) == ([], ["Closed."])


def test_a_move_that_was_made_already_is_not_logged_again(
    desk: Desk, make_poll: MakePoll, staff: User
) -> None:
    poll = closed(make_poll, staff)
    message = "There was nothing to change for 1 poll."
    assert messages_of(desk.act("close_polls", poll)) == [message]
    assert messages_of(desk.act("restore_polls", poll)) == [message]
    assert log_of() == []


def test_hiding_asks_for_a_reason_first(desk: Desk, make_poll: MakePoll) -> None:
    poll = make_poll()
    page = desk.act("hide_polls", poll).content.decode()
    assert "Tea or coffee?" in page
    assert "Reason" in page
    for nothing in ("", "  \n "):
        assert (
            "This field is required"
            in desk.act("hide_polls", poll, reason=nothing).content.decode()
        )
    assert Poll.objects.get(id=poll.id).hidden_at is None


def test_a_hidden_poll_is_gone_for_others_and_the_reason_stands_in_the_log(
    desk: Desk, make_poll: MakePoll, bob: User
) -> None:
    poll = make_poll()
    assert messages_of(desk.act("hide_polls", poll, reason="Spam.")) == ["1 poll: hidden."]
    hidden = Poll.objects.get(id=poll.id)
    assert (hidden.hidden_reason, hidden.revision) == ("Spam.", poll.revision + 1)
    with pytest.raises(PollNotFoundError):
        get_poll_for(Actor(bob.id), poll.id)
    desk.act("restore_polls", poll)
    assert get_poll_for(Actor(bob.id), poll.id).hidden_reason == ""
    assert log_of(poll) == ["Hidden: Spam.", "Restored."]


def test_deleting_asks_first_and_goes_poll_by_poll(
    desk: Desk, make_poll: MakePoll, bob: User, told: list[tuple[str, Any]]
) -> None:
    poll, other, kept = make_poll(), make_poll(question="Other?"), make_poll()
    vote(bob, poll, 0)
    assert "1 ballot<" in desk.act("delete_selected", poll, other).content.decode()
    assert Poll.objects.count() == 3
    told.clear()
    answer = desk.act("delete_selected", poll, other, reason="Asked to.")
    assert messages_of(answer) == ["2 polls: deleted."]
    assert list(Poll.objects.all()) == [kept]
    finish_removals()
    assert not Vote.objects.exists()
    assert {(event.poll_id, event.change) for _, event in told} == {
        (poll.id, "deleted"),
        (other.id, "deleted"),
    }
    entry = LogEntry.objects.get(object_id=str(poll.id))
    assert (entry.action_flag, entry.object_repr) == (DELETION, "Tea or coffee?")
    assert entry.change_message == "Deleted: Asked to."


@pytest.fixture
def told(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, Any]]:
    """What the sockets are told about polls."""
    events: list[tuple[str, Any]] = []
    monkeypatch.setattr(
        "polls.publishing.publish", lambda topic, event: events.append((topic, event))
    )
    return events


def test_the_delete_button_of_a_page_asks_the_same(desk: Desk, make_poll: MakePoll) -> None:
    poll = make_poll()
    address = f"{desk.address(Poll)}{poll.id}/delete/"
    assert "Delete for good" in desk.client.get(address).content.decode()
    assert "required" in desk.client.post(address, {"_answered": "1"}).content.decode()
    assert desk.client.post(address, {"post": "yes"}).status_code == 200
    assert Poll.objects.count() == 1
    answer = desk.client.post(address, {"_answered": "1", "reason": "Asked to."})
    assert answer["Location"] == desk.address(Poll)
    assert not Poll.objects.exists()
    assert log_of() == ["Deleted: Asked to."]
    assert desk.client.get(address).status_code == 404


def test_what_is_done_and_its_entry_in_the_log_are_one(
    desk: Desk, make_poll: MakePoll, monkeypatch: pytest.MonkeyPatch
) -> None:
    poll = make_poll()

    def fail(*args: Any, **options: Any) -> None:
        raise RuntimeError("the log is full")

    monkeypatch.setattr("accounts.desk_actions.write_log", fail)
    with pytest.raises(RuntimeError):
        desk.act("close_polls", poll)
    assert Poll.objects.get(id=poll.id).state == PollState.OPEN


def test_the_buttons_of_a_page_fit_the_poll_and_lead_back_to_it(
    desk: Desk, make_poll: MakePoll, staff: User
) -> None:
    poll = make_poll()
    page = desk.page_of(poll)
    assert [name for name, _ in page.context["desk_actions"]] == ["close_polls", "hide_polls"]
    data = {"action": "close_polls", "_selected_action": str(poll.id), "_back": "1"}
    answer = desk.client.post(desk.address(Poll), data)
    assert answer["Location"] == desk.address(Poll, poll)
    page = desk.page_of(poll)
    assert [name for name, _ in page.context["desk_actions"]] == ["reopen_polls", "hide_polls"]


@pytest.mark.parametrize(
    ("data", "words"),
    [
        ({"action": "close_polls", "_selected_action": "nonsense"}, "not on the list"),
        ({"action": "close_polls"}, "must be selected"),
        ({"action": "explode", "_selected_action": "{id}"}, "No action selected"),
        ({"action": "", "_selected_action": "{id}"}, "No action selected"),
    ],
)
def test_nonsense_is_done_to_nothing(
    desk: Desk, make_poll: MakePoll, data: dict[str, str], words: str
) -> None:
    poll = make_poll()
    data = {name: value.format(id=poll.id) for name, value in data.items()}
    answer = desk.client.post(desk.address(Poll), data | {"index": "0"})
    assert words in messages_of(answer)[0]
    assert Poll.objects.get(id=poll.id).revision == poll.revision


def test_too_much_at_once_is_refused(
    desk: Desk, make_poll: MakePoll, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(desk_module, "MAX_AT_ONCE", 1)
    polls = [make_poll(), make_poll()]
    assert "At most 1 at once" in messages_of(desk.act("close_polls", *polls))[0]
    data = {"action": "close_polls", "_selected_action": str(polls[0].id), "select_across": "1"}
    answer = desk.client.post(desk.address(Poll), data | {"index": "0"})
    assert "At most 1 at once" in messages_of(answer)[0]
    assert not Poll.objects.filter(state=PollState.CLOSED).exists()


def test_whatever_is_done_on_the_desk_no_tally_is_wrong(
    desk: Desk, make_poll: MakePoll, bob: User
) -> None:
    poll, other = make_poll(), make_poll(question="Other?")
    vote(bob, poll, 0)
    vote(bob, other, 1)
    desk.save(poll, question="New?")
    desk.act("close_polls", poll)
    desk.act("reopen_polls", poll)
    desk.act("delete_selected", other, reason="x")
    assert list(find_mismatches()) == []
