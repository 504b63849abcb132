"""Polls on the desk: the list, the page of one, and what staff do to them."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.admin.models import DELETION, LogEntry
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from accounts import desk as desk_module
from accounts.models import User
from apikit.actors import Actor
from apikit.ids import first_id_at
from polls.errors import PollNotFoundError
from polls.models import Poll, PollKind, PollState, ResultsVisibility
from polls.selectors import get_poll_for
from polls.services import close_poll, delete_poll, hide_poll
from tests.conftest import MakePoll, actor_of, option_ids, vote
from tests.desk import Desk, errors_of, log_of, messages_of
from votes.models import Vote
from votes.recount import find_mismatches

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def desk(staff: User) -> Desk:
    return Desk(staff)


def questions(answer: Any) -> list[str]:
    return [poll.question for poll in answer.context["cl"].result_list]


def draft(make_poll: MakePoll, **fields: Any) -> Poll:
    return make_poll(is_published=False, **fields)


def closed(make_poll: MakePoll, staff: User, **fields: Any) -> Poll:
    return close_poll(actor=actor_of(staff), poll_id=make_poll(**fields).id)


def overdue(make_poll: MakePoll, **fields: Any) -> Poll:
    """Past its deadline, and nobody has got round to saying so."""
    poll = make_poll(**fields)
    Poll.objects.filter(id=poll.id).update(closes_at=timezone.now() - timedelta(seconds=1))
    return Poll.objects.get(id=poll.id)


# The list


def test_the_list_shows_ballots_and_votes_as_they_stand(
    desk: Desk, make_poll: MakePoll, bob: User, charlie: User
) -> None:
    poll = make_poll(kind=PollKind.MULTIPLE)
    vote(bob, poll, 0, 1, 2)
    vote(charlie, poll, 1)
    page = desk.list_of(Poll).content.decode()
    assert '<td class="field-ballots">2</td>' in page
    assert '<td class="field-total_votes">4</td>' in page


def test_the_list_shows_the_state_as_the_clock_has_it(desk: Desk, make_poll: MakePoll) -> None:
    overdue(make_poll)
    assert "Closed</span>" in desk.list_of(Poll).content.decode()


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ({"state": "draft"}, ["draft"]),
        ({"state": "open"}, ["hidden", "later", "open"]),
        ({"state": "closed"}, ["closed", "overdue"]),
        ({"state": "waiting"}, ["later"]),
        ({"hidden": "yes"}, ["hidden"]),
        ({"hidden": "no"}, ["closed", "draft", "later", "open", "overdue"]),
        ({"kind__exact": "multiple"}, ["later"]),
        ({"results_visibility__exact": "owner"}, ["draft"]),
        ({"made": "hour"}, ["closed", "draft", "hidden", "later", "open", "overdue"]),
        ({"q": "overd"}, ["overdue"]),
        ({"q": "alice@exam"}, ["closed", "draft", "hidden", "later", "open", "overdue"]),
        ({"q": "nobody"}, []),
    ],
)
def test_the_list_is_narrowed(
    desk: Desk, make_poll: MakePoll, staff: User, query: dict[str, str], found: list[str]
) -> None:
    make_poll(question="open")
    draft(make_poll, question="draft", results_visibility=ResultsVisibility.OWNER)
    closed(make_poll, staff, question="closed")
    overdue(make_poll, question="overdue")
    later = timezone.now() + timedelta(hours=1)
    make_poll(question="later", opens_at=later, kind=PollKind.MULTIPLE)
    hidden = make_poll(question="hidden")
    hide_poll(actor=actor_of(staff), poll_id=hidden.id, reason="spam")
    assert sorted(questions(desk.list_of(Poll, **query))) == found


def test_a_poll_is_found_by_its_join_code_however_it_is_typed(
    desk: Desk, make_poll: MakePoll
) -> None:
    code = make_poll(question="mine").join_code
    make_poll(question="other")
    assert questions(desk.list_of(Poll, q=code)) == ["mine"]
    assert "mine" in questions(desk.list_of(Poll, q=f"{code[:3]} {code[3:]}"))


def test_what_was_made_long_ago_is_not_new(desk: Desk, make_poll: MakePoll, alice: User) -> None:
    now = timezone.now()
    old = {"id": first_id_at(now - timedelta(days=2)), "created_at": now, "updated_at": now}
    Poll.objects.create(creator=alice, question="old", join_code="999", **old)
    make_poll(question="new")
    assert questions(desk.list_of(Poll, made="day")) == ["new"]
    assert questions(desk.list_of(Poll, made="week")) == ["new", "old"]


@pytest.mark.parametrize(
    "query", [{"creator": "nonsense"}, {"p": "999"}, {"o": "99.x"}, {"state": "?"}, {"q": '"'}]
)
def test_nonsense_in_the_address_is_no_crash(
    desk: Desk, make_poll: MakePoll, query: dict[str, str]
) -> None:
    make_poll()
    assert desk.list_of(Poll, **query).status_code in {200, 302}


@pytest.mark.parametrize("count", [1, 12])
def test_the_list_takes_as_many_queries_however_long_it_is(
    desk: Desk,
    make_poll: MakePoll,
    bob: User,
    django_assert_num_queries: DjangoAssertNumQueries,
    count: int,
) -> None:
    for number in range(count):
        vote(bob, make_poll(question=f"Number {number}?"), 0)
    # The session, the person, how many there are, and they themselves.
    with django_assert_num_queries(4):
        assert len(questions(desk.list_of(Poll))) == count


def test_a_long_list_is_not_counted_to_its_end(
    desk: Desk, make_poll: MakePoll, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(desk_module, "COUNT_MAX", 2)
    for number in range(3):
        make_poll(question=f"Number {number}?")
    answer = desk.list_of(Poll)
    assert answer.context["cl"].result_count == 2
    assert "narrow the list" in answer.context["title"]


# The page of one


@pytest.mark.parametrize("count", [2, 40])
def test_the_page_takes_as_many_queries_however_many_options_there_are(
    desk: Desk,
    make_poll: MakePoll,
    django_assert_num_queries: DjangoAssertNumQueries,
    count: int,
) -> None:
    poll = make_poll(options=[f"Option {number}" for number in range(count)])
    desk.page_of(poll)  # a process asks once which types of things there are
    # The session, the person, the poll, its options.
    with django_assert_num_queries(4):
        assert desk.page_of(poll).status_code == 200


def test_a_poll_is_edited_by_the_service(desk: Desk, make_poll: MakePoll) -> None:
    poll = make_poll()
    answer = desk.save(poll, question="Juice or water?", results_visibility="owner")
    assert answer.status_code == 302
    edited = Poll.objects.get(id=poll.id)
    assert (edited.question, edited.results_visibility) == ("Juice or water?", "owner")
    assert edited.revision == poll.revision + 1
    assert edited.version == poll.version + 1  # the tally carries the question
    assert log_of(poll) == [
        "question: Tea or coffee? → Juice or water?. results_visibility: always → owner."
    ]


def test_options_change_their_text_and_place_and_stay_themselves(
    desk: Desk, make_poll: MakePoll
) -> None:
    poll = make_poll()
    tea, coffee, water = option_ids(poll)
    desk.save(
        poll,
        **{
            "options-0-text": "Green tea",
            "options-0-place": "3",
            "options-1-DELETE": "on",
            "options-2-place": "1",
            "options-TOTAL_FORMS": "4",
            "options-3-text": "Juice",
            "options-3-place": "2",
        },
    )
    options = list(poll.options.order_by("position"))
    assert [option.text for option in options] == ["Water", "Juice", "Green tea"]
    assert (options[0].id, options[2].id) == (water, tea)
    assert coffee not in {option.id for option in options}
    assert log_of(poll) == ["options: Water / Juice / Green tea."]


def test_saving_nothing_changes_nothing_and_is_not_logged(desk: Desk, make_poll: MakePoll) -> None:
    poll = make_poll(kind=PollKind.MULTIPLE, max_choices=2)
    assert desk.save(poll).status_code == 302
    assert Poll.objects.get(id=poll.id).revision == poll.revision
    assert log_of() == []


def test_the_kind_is_changed_with_its_number_of_choices(desk: Desk, make_poll: MakePoll) -> None:
    poll = make_poll()
    desk.save(poll, kind="multiple", max_choices="")
    assert Poll.objects.get(id=poll.id).max_choices == 3
    desk.save(poll, kind="single")
    assert Poll.objects.get(id=poll.id).max_choices == 1


def test_once_voted_on_the_options_are_text(desk: Desk, make_poll: MakePoll, bob: User) -> None:
    poll = make_poll()
    vote(bob, poll, 0)
    page = desk.page_of(poll).content.decode()
    assert 'name="options-0-text"' not in page
    assert 'name="kind"' not in page
    answer = desk.save(poll, question="Which one?", **{"options-0-text": "Beer", "kind": ""})
    # A form without them does not change them, whatever else it brings.
    assert answer.status_code == 200
    assert desk.save(poll, question="Which one?", **{"options-0-text": "Beer"}).status_code == 302
    edited = Poll.objects.get(id=poll.id)
    assert edited.question == "Which one?"
    assert [option.text for option in edited.options.all()] == ["Tea", "Coffee", "Water"]


def test_a_form_from_before_the_first_vote_is_refused_what_stands_since(
    desk: Desk, make_poll: MakePoll, bob: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    poll = make_poll()
    get = desk.client.get

    def get_and_let_bob_vote(address: str) -> Any:
        page = get(address)
        vote(bob, poll, 0)
        return page

    monkeypatch.setattr(desk.client, "get", get_and_let_bob_vote)
    answer = desk.save(poll, **{"options-0-text": "Beer"})
    assert answer.status_code == 200
    assert "options can't be changed any more" in " ".join(errors_of(answer))
    assert [option.text for option in poll.options.all()] == ["Tea", "Coffee", "Water"]
    assert log_of() == []


def test_an_edit_does_not_write_over_another(desk: Desk, make_poll: MakePoll) -> None:
    poll = make_poll()
    desk.save(poll, question="Somebody else's?")
    answer = desk.save(poll, question="Mine?", revision=str(poll.revision))
    assert "It has changed since you read it" in " ".join(errors_of(answer))
    assert Poll.objects.get(id=poll.id).question == "Somebody else's?"


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"question": "?"}, "at least 3 characters"),
        ({"question": "a\u0000bc"}, "Control characters"),
        ({"question": "a\u0007bc"}, "Control characters"),
        ({"question": "?" * 501}, "at most 500"),
        ({"kind": "triple"}, "valid choice"),
        ({"kind": "multiple", "max_choices": "4"}, "only 3 options"),
        ({"max_choices": "x"}, "whole number"),
        ({"closes_at_0": "2001-01-01", "closes_at_1": "00:00"}, "has passed already"),
        ({"closes_at_0": "never", "closes_at_1": "00:00"}, "valid date"),
        ({"options-1-text": " TEA "}, "Option 2: This option is there already."),
        ({"options-1-text": ""}, "required"),
        ({"options-1-place": "0"}, "greater than or equal to 1"),
        ({"options-0-DELETE": "on", "options-1-DELETE": "on"}, "2 to 50 options"),
        ({"options-0-id": "nonsense"}, "valid"),
        ({"options-0-id": "01985c2e-8f10-7d52-b3a4-6a0c5e9d4f21"}, "valid"),
        ({"revision": ""}, "required"),
        ({"options-TOTAL_FORMS": ""}, "ManagementForm"),
    ],
)
def test_what_is_wrong_is_said_at_the_form(
    desk: Desk, make_poll: MakePoll, changes: dict[str, str], words: str
) -> None:
    poll = make_poll()
    answer = desk.save(poll, **changes)
    assert answer.status_code == 200
    assert words in " ".join(errors_of(answer))
    assert Poll.objects.get(id=poll.id).revision == poll.revision
    assert log_of() == []


def test_a_poll_that_is_gone_is_said_to_be(desk: Desk, make_poll: MakePoll, staff: User) -> None:
    poll = make_poll()
    delete_poll(actor=actor_of(staff), poll_id=poll.id)
    assert "Perhaps it was deleted" in messages_of(desk.page_of(poll))[0]


def test_staff_create_polls_as_themselves(desk: Desk, staff: User) -> None:
    answer = desk.add(
        Poll,
        question="Where to?",
        kind="multiple",
        is_published="on",
        **{"options-0-text": "North", "options-1-text": "South"},
    )
    poll = Poll.objects.get()
    assert answer.status_code == 302
    assert (poll.creator, poll.question, poll.state) == (staff, "Where to?", PollState.OPEN)
    assert (poll.max_choices, poll.options.count()) == (2, 2)
    assert log_of(poll) == ["Created."]


def test_a_poll_that_may_not_be_is_not_created(desk: Desk) -> None:
    answer = desk.add(Poll, question="Where to?", **{"options-0-text": "North"})
    assert "2 to 50 options" in " ".join(errors_of(answer))
    assert not Poll.objects.exists()
    assert log_of() == []


# Actions


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
    assert "1 ballots" in desk.act("delete_selected", poll, other).content.decode()
    assert Poll.objects.count() == 3
    told.clear()
    answer = desk.act("delete_selected", poll, other, reason="Asked to.")
    assert messages_of(answer) == ["2 polls: deleted."]
    assert list(Poll.objects.all()) == [kept]
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
        "polls.announcements.publish", lambda topic, event: events.append((topic, event))
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


# The report


def test_the_report_tells_counts_shares_and_when(
    desk: Desk, make_poll: MakePoll, bob: User, charlie: User, guest: User
) -> None:
    poll = make_poll(kind=PollKind.MULTIPLE)
    vote(bob, poll, 0, 1)
    vote(charlie, poll, 0)
    answer = desk.client.get(f"{desk.address(Poll)}{poll.id}/report/")
    report = answer.context["report"]
    assert (report.poll.ballot_count, report.tally.total_votes) == (2, 3)
    assert [option.percentage for option in report.tally.options] == [66.7, 33.3, 0.0]
    assert sum(count for _, count in report.by_time) == 2
    assert "66.7 %" in answer.content.decode()


@pytest.mark.parametrize("count", [2, 40])
def test_the_report_takes_three_queries_of_its_own(
    desk: Desk,
    make_poll: MakePoll,
    bob: User,
    charlie: User,
    django_assert_num_queries: DjangoAssertNumQueries,
    count: int,
) -> None:
    poll = make_poll(options=[f"Option {number}" for number in range(count)])
    vote(bob, poll, 0)
    vote(charlie, poll, 1)
    with django_assert_num_queries(5):
        desk.client.get(f"{desk.address(Poll)}{poll.id}/report/")


def test_the_report_of_a_huge_poll_leaves_out_the_times(
    desk: Desk, make_poll: MakePoll, bob: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("polls.reports.COUNTED_BY_TIME_MAX", 0)
    poll = make_poll()
    vote(bob, poll, 0)
    answer = desk.client.get(f"{desk.address(Poll)}{poll.id}/report/")
    assert answer.context["report"].by_time is None
    assert "too many ballots" in answer.content.decode()


def test_there_is_no_report_of_nothing(desk: Desk) -> None:
    nothing = "01985c2e-8f10-7d52-b3a4-6a0c5e9d4f21"
    assert desk.client.get(f"{desk.address(Poll)}{nothing}/report/").status_code == 404


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
