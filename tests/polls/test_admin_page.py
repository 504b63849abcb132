"""The page of a poll in the admin, and its form."""

from datetime import UTC, datetime
from typing import Any

import pytest
from pytest_django import DjangoAssertNumQueries

from accounts.models import User
from polls.models import Poll, PollKind, PollState
from polls.services import delete_poll
from tests.conftest import MakePoll, actor_of, option_ids, vote
from tests.moderation_client import ModerationClient, errors_of, log_of, messages_of

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def moderator(staff: User) -> ModerationClient:
    return ModerationClient(staff)


@pytest.mark.parametrize("count", [2, 40])
def test_the_number_of_queries_does_not_depend_on_the_number_of_options(
    moderator: ModerationClient,
    make_poll: MakePoll,
    django_assert_num_queries: DjangoAssertNumQueries,
    count: int,
) -> None:
    poll = make_poll(options=[f"Option {number}" for number in range(count)])
    moderator.page_of(poll)  # a process asks once which types of things there are
    # The session, the person, the poll, its options.
    with django_assert_num_queries(5):
        assert moderator.page_of(poll).status_code == 200


def test_a_poll_is_edited_by_the_service(moderator: ModerationClient, make_poll: MakePoll) -> None:
    poll = make_poll()
    response = moderator.save(poll, question="Juice or water?", results_visibility="owner")
    assert response.status_code == 302
    edited = Poll.objects.get(id=poll.id)
    assert (edited.question, edited.results_visibility) == ("Juice or water?", "owner")
    assert edited.revision == poll.revision + 1
    assert edited.version == poll.version + 1  # the tally carries the question
    assert log_of(poll) == [
        "question: Tea or coffee? → Juice or water?. results_visibility: always → owner."
    ]


def test_edited_and_moved_options_keep_their_ids(
    moderator: ModerationClient, make_poll: MakePoll
) -> None:
    poll = make_poll()
    tea, coffee, water = option_ids(poll)
    moderator.save(
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


@pytest.mark.parametrize(
    ("places", "order"),
    [
        ({0: "2"}, ["Coffee", "Tea", "Water"]),
        ({0: "3"}, ["Coffee", "Water", "Tea"]),
        ({2: "1"}, ["Water", "Tea", "Coffee"]),
        ({0: "2", 1: "1"}, ["Coffee", "Tea", "Water"]),
        ({0: "50"}, ["Coffee", "Water", "Tea"]),
        ({0: ""}, ["Tea", "Coffee", "Water"]),
    ],
)
def test_an_option_moves_to_its_place(
    moderator: ModerationClient, make_poll: MakePoll, places: dict[int, str], order: list[str]
) -> None:
    poll = make_poll()
    moderator.save(poll, **{f"options-{line}-place": place for line, place in places.items()})
    assert [option.text for option in poll.options.order_by("position")] == order


def test_saving_nothing_changes_nothing_and_is_not_logged(
    moderator: ModerationClient, make_poll: MakePoll
) -> None:
    poll = make_poll(kind=PollKind.MULTIPLE, max_choices=2)
    assert moderator.save(poll).status_code == 302
    assert Poll.objects.get(id=poll.id).revision == poll.revision
    assert log_of() == []


def test_the_kind_is_changed_with_its_number_of_choices(
    moderator: ModerationClient, make_poll: MakePoll
) -> None:
    poll = make_poll()
    moderator.save(poll, kind="multiple", max_choices="")
    assert Poll.objects.get(id=poll.id).max_choices == 3
    moderator.save(poll, kind="single")
    assert Poll.objects.get(id=poll.id).max_choices == 1


def test_options_are_read_only_once_somebody_has_voted(
    moderator: ModerationClient, make_poll: MakePoll, bob: User
) -> None:
    poll = make_poll()
    vote(bob, poll, 0)
    page = moderator.page_of(poll).content.decode()
    assert 'name="options-0-text"' not in page
    assert 'name="kind"' not in page
    response = moderator.save(poll, question="Which one?", **{"options-0-text": "Beer", "kind": ""})
    # A form without them does not change them, whatever else it brings.
    assert response.status_code == 200
    assert (
        moderator.save(poll, question="Which one?", **{"options-0-text": "Beer"}).status_code == 302
    )
    edited = Poll.objects.get(id=poll.id)
    assert edited.question == "Which one?"
    assert [option.text for option in edited.options.all()] == ["Tea", "Coffee", "Water"]


def test_a_form_opened_before_the_first_vote_is_refused(
    moderator: ModerationClient, make_poll: MakePoll, bob: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    poll = make_poll()
    get = moderator.client.get

    def get_and_let_bob_vote(address: str) -> Any:
        page = get(address)
        vote(bob, poll, 0)
        return page

    monkeypatch.setattr(moderator.client, "get", get_and_let_bob_vote)
    response = moderator.save(poll, **{"options-0-text": "Beer"})
    assert response.status_code == 200
    assert "options can no longer be changed" in " ".join(errors_of(response))
    assert [option.text for option in poll.options.all()] == ["Tea", "Coffee", "Water"]
    assert log_of() == []


def test_an_edit_does_not_overwrite_another(
    moderator: ModerationClient, make_poll: MakePoll
) -> None:
    poll = make_poll()
    moderator.save(poll, question="Somebody else's?")
    response = moderator.save(poll, question="Mine?", revision=str(poll.revision))
    assert "It has changed since you read it" in " ".join(errors_of(response))
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
        ({"closes_at_0": "2001-01-01", "closes_at_1": "00:00"}, "Must be in the future"),
        ({"closes_at_0": "never", "closes_at_1": "00:00"}, "valid date"),
        ({"options-1-text": " TEA "}, "Option 2: This option is a duplicate."),
        ({"options-1-text": ""}, "required"),
        ({"options-1-place": "0"}, "greater than or equal to 1"),
        ({"options-0-DELETE": "on", "options-1-DELETE": "on"}, "2 to 50 options"),
        ({"options-0-id": "nonsense"}, "valid"),
        ({"options-0-id": "01985c2e-8f10-7d52-b3a4-6a0c5e9d4f21"}, "valid"),
        ({"revision": ""}, "required"),
        ({"options-TOTAL_FORMS": ""}, "ManagementForm"),
    ],
)
def test_errors_are_shown_in_the_form(
    moderator: ModerationClient, make_poll: MakePoll, changes: dict[str, str], words: str
) -> None:
    poll = make_poll()
    response = moderator.save(poll, **changes)
    assert response.status_code == 200
    assert words in " ".join(errors_of(response))
    assert Poll.objects.get(id=poll.id).revision == poll.revision
    assert log_of() == []


def test_a_deleted_poll_shows_an_error(
    moderator: ModerationClient, make_poll: MakePoll, staff: User
) -> None:
    poll = make_poll()
    delete_poll(actor=actor_of(staff), poll_id=poll.id)
    assert "Perhaps it was deleted" in messages_of(moderator.page_of(poll))[0]


def test_staff_create_polls_as_themselves(moderator: ModerationClient, staff: User) -> None:
    response = moderator.add(
        Poll,
        question="Where to?",
        kind="multiple",
        is_published="on",
        **{"options-0-text": "North", "options-1-text": "South"},
    )
    poll = Poll.objects.get()
    assert response.status_code == 302
    assert (poll.creator, poll.question, poll.state) == (staff, "Where to?", PollState.OPEN)
    assert (poll.max_choices, poll.options.count()) == (2, 2)
    assert log_of(poll) == ["Created."]


def test_an_invalid_poll_is_not_created(moderator: ModerationClient) -> None:
    response = moderator.add(Poll, question="Where to?", **{"options-0-text": "North"})
    assert "2 to 50 options" in " ".join(errors_of(response))
    assert not Poll.objects.exists()
    assert log_of() == []


@pytest.mark.parametrize("day", ["0000-01-01", "0001-01-01", "1969-12-31", "10000-01-01"])
def test_a_time_out_of_range_is_refused_at_the_form(
    moderator: ModerationClient, make_poll: MakePoll, day: str
) -> None:
    poll = make_poll()
    response = moderator.save(poll, opens_at_0=day, opens_at_1="00:00:00")
    assert response.status_code == 200
    assert errors_of(response)
    assert Poll.objects.get(id=poll.id).opens_at is None


def test_the_latest_time_survives_the_form(
    moderator: ModerationClient, make_poll: MakePoll
) -> None:
    poll = make_poll()
    moderator.save(poll, closes_at_0="9999-12-31", closes_at_1="23:59:59")
    last = datetime(9999, 12, 31, 23, 59, 59, tzinfo=UTC)
    assert Poll.objects.get(id=poll.id).closes_at == last
    moderator.save(poll, question="Milk or sugar?")
    assert Poll.objects.get(id=poll.id).closes_at == last


@pytest.mark.parametrize("value", ["x", "9999-12-31T23:59:59Z", "0001-01-01"])
def test_the_form_ignores_the_query_string(moderator: ModerationClient, value: str) -> None:
    response = moderator.client.get(
        f"{moderator.address(Poll)}add/", {"opens_at": value, "question": "Tea?"}
    )
    assert response.status_code == 200
    assert "Tea?" not in response.content.decode()
