"""Editing the options: which stay who they are, and when all of them stand."""

from typing import Any
from uuid import uuid4

import pytest

from accounts.models import User
from polls.models import Option, Poll
from tests.conftest import ClientFor, MakePoll, option_ids, vote
from tests.polls.conftest import PublishedEvents, Response, fields_of, poll_of, refusal_of, texts_of

pytestmark = [pytest.mark.both, pytest.mark.django_db]

# Options are written here as they are sent, with letters in place of the ids of a poll's own:
# {"id": "T", "text": "..."} is the option that was "Tea".
LETTERS = "TCW"
OLD = {"T": "Tea", "C": "Coffee", "W": "Water"}

# A list that is sent, and the options after it: the letter of the one it was, or "new".
EDITS: dict[str, tuple[list[Any], list[tuple[str, str]]]] = {
    "the same": (["Tea", "Coffee", "Water"], [("T", "Tea"), ("C", "Coffee"), ("W", "Water")]),
    "another order by text": (
        ["Water", "Tea", "Coffee"],
        [("W", "Water"), ("T", "Tea"), ("C", "Coffee")],
    ),
    "another order by id": (
        [{"id": "W", "text": "Water"}, {"id": "C", "text": "Coffee"}, {"id": "T", "text": "Tea"}],
        [("W", "Water"), ("C", "Coffee"), ("T", "Tea")],
    ),
    "another text": (
        [{"id": "T", "text": "Milk"}, "Coffee", "Water"],
        [("T", "Milk"), ("C", "Coffee"), ("W", "Water")],
    ),
    "swapped texts": (
        [{"id": "T", "text": "Coffee"}, {"id": "C", "text": "Tea"}, "Water"],
        [("T", "Coffee"), ("C", "Tea"), ("W", "Water")],
    ),
    "texts passed on in a circle": (
        [
            {"id": "T", "text": "Coffee"},
            {"id": "C", "text": "Water"},
            {"id": "W", "text": "Tea"},
        ],
        [("T", "Coffee"), ("C", "Water"), ("W", "Tea")],
    ),
    "another spelling": (
        ["TEA", "coffee", "Water"],
        [("T", "TEA"), ("C", "coffee"), ("W", "Water")],
    ),
    "one more in the middle": (
        ["Tea", "Milk", "Coffee", "Water"],
        [("T", "Tea"), ("new", "Milk"), ("C", "Coffee"), ("W", "Water")],
    ),
    "one less": (["Tea", "Water"], [("T", "Tea"), ("W", "Water")]),
    "all new": (["Milk", "Juice"], [("new", "Milk"), ("new", "Juice")]),
    "an id goes before a text": (
        [{"id": "T", "text": "Milk"}, "Tea", "Water"],
        [("T", "Milk"), ("new", "Tea"), ("W", "Water")],
    ),
    "a text taken over from one that goes": (
        [{"id": "T", "text": "Coffee"}, "Water"],
        [("T", "Coffee"), ("W", "Water")],
    ),
}


def send(client_for: ClientFor, user: User, poll: Poll, options: list[Any]) -> Response:
    ids = dict(zip(LETTERS, map(str, option_ids(poll)), strict=True))
    sent = [
        {**option, "id": ids.get(option["id"], option["id"])} if "id" in option else option
        for option in options
    ]
    return client_for(user).patch(f"/api/polls/{poll.id}", {"options": sent})


@pytest.mark.parametrize("edit", EDITS)
def test_options_keep_their_ids(
    alice: User, make_poll: MakePoll, client_for: ClientFor, edit: str
) -> None:
    poll = make_poll(options=list(OLD.values()))
    letters = dict(zip(map(str, option_ids(poll)), LETTERS, strict=True))
    sent, expected = EDITS[edit]
    shown = poll_of(send(client_for, alice, poll, sent))["options"]
    after = [(letters.get(option["id"], "new"), option["text"]) for option in shown]
    assert after == expected
    assert texts_of(poll) == [text for _, text in expected]
    positions = poll.options.order_by("position").values_list("position", flat=True)
    assert list(positions) == list(range(len(expected)))


@pytest.mark.parametrize(
    ("options", "field"),
    [
        (["Tea"], "options"),
        ([f"Option {number}" for number in range(51)], "options"),
        (["Tea", "TEA"], "options.1"),
        ([{"id": "T", "text": "Coffee"}, "coffee"], "options.1"),
        (["Tea", ""], "options.1.text"),
        (["Tea", {"id": "C"}], "options.1.text"),
        (["Tea", {"id": str(uuid4()), "text": "Milk"}], "options.1.id"),
        (["Tea", {"id": "not-an-id", "text": "Milk"}], "options.1.id"),
        ([{"id": "T", "text": "Tea"}, {"id": "T", "text": "Milk"}], "options.1.id"),
        (["Tea", {"text": "Milk", "voteCount": 5}], "options.1.voteCount"),
    ],
)
def test_an_invalid_list_is_refused(
    alice: User, make_poll: MakePoll, client_for: ClientFor, options: list[Any], field: str
) -> None:
    poll = make_poll(options=list(OLD.values()))
    assert fields_of(send(client_for, alice, poll, options)) == [field]
    assert texts_of(poll) == ["Tea", "Coffee", "Water"]


def test_an_option_of_another_poll_is_refused(
    alice: User, make_poll: MakePoll, client_for: ClientFor
) -> None:
    poll, other = make_poll(), make_poll()
    stolen = {"id": str(option_ids(other)[0]), "text": "Milk"}
    assert fields_of(send(client_for, alice, poll, ["Tea", stolen])) == ["options.1.id"]
    assert texts_of(other) == ["Tea", "Coffee", "Water"]


def test_positions_stay_contiguous(alice: User, make_poll: MakePoll, client_for: ClientFor) -> None:
    """An edit of many, which touches every position, leaves none behind."""
    texts = [f"Option {number}" for number in range(50)]
    poll, client = make_poll(options=texts), client_for(alice)
    turned = [*reversed(texts[5:]), "New"]
    shown = poll_of(client.patch(f"/api/polls/{poll.id}", {"options": turned}))
    assert [option["text"] for option in shown["options"]] == turned
    assert Option.objects.count() == 46


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(
    "options",
    [
        ["Tea", "Water", "Coffee"],
        ["Tea", "Coffee"],
        ["Tea", "Coffee", "Water", "Milk"],
        ["Tea", "Coffee", "Milk"],
        ["tea", "Coffee", "Water"],
        [{"id": "C", "text": "Tea"}, {"id": "T", "text": "Coffee"}, "Water"],
        [{"id": "C", "text": "Coffee"}, {"id": "T", "text": "Tea"}, "Water"],
    ],
)
def test_options_cannot_change_once_somebody_has_voted(
    alice: User, bob: User, make_poll: MakePoll, client_for: ClientFor, options: list[Any]
) -> None:
    poll = make_poll(options=list(OLD.values()))
    vote(bob, poll, 0)
    assert refusal_of(send(client_for, alice, poll, options)) == (409, "poll.has_votes")
    assert texts_of(poll) == ["Tea", "Coffee", "Water"]


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(
    "options",
    [
        ["Tea", "Coffee", "Water"],
        [{"id": "T", "text": "Tea"}, "Coffee", {"id": "W", "text": " Water "}],
    ],
)
def test_the_same_options_are_accepted_after_votes(
    alice: User, bob: User, make_poll: MakePoll, client_for: ClientFor, options: list[Any]
) -> None:
    poll = make_poll(options=list(OLD.values()))
    ids = [str(option_id) for option_id in option_ids(poll)]
    vote(bob, poll, 0)
    shown = poll_of(send(client_for, alice, poll, options))
    assert [option["id"] for option in shown["options"]] == ids
    assert (shown["totalVotes"], shown["version"]) == (1, 1)


@pytest.mark.django_db(transaction=True)
def test_options_can_change_again_after_all_votes_are_taken_back(
    alice: User, bob: User, make_poll: MakePoll, client_for: ClientFor
) -> None:
    poll = make_poll(allow_change=True)
    vote(bob, poll, 0)
    client_for(bob).delete(f"/api/polls/{poll.id}/my-vote")
    shown = poll_of(send(client_for, alice, poll, ["Milk", "Juice"]))
    assert [option["text"] for option in shown["options"]] == ["Milk", "Juice"]


def test_changed_options_raise_the_version(
    alice: User, make_poll: MakePoll, client_for: ClientFor, events: PublishedEvents
) -> None:
    poll = make_poll(options=list(OLD.values()))
    for options in (["Tea", "Coffee", "Water"], ["Water", "Coffee", "Tea"]):
        send(client_for, alice, poll, options)
    [event] = events.tallies()
    assert event.version == 1
    assert [option.text for option in event.poll.options] == ["Water", "Coffee", "Tea"]
    assert events.changes() == ["edited", "edited"]
