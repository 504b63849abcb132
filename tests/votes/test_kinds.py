"""Every kind of poll in the ledger and over the API; their tallies: ``test_kinds_model``."""

from collections.abc import Sequence
from dataclasses import replace
from random import Random
from typing import Any
from uuid import UUID

import pytest

from accounts.models import User
from apikit.errors import IdempotencyKeyReusedError
from polls.errors import PollClosedError
from polls.kinds.base import Cell as CellKey
from polls.kinds.base import SentAnswer
from polls.kinds.registry import KINDS
from polls.models import Cell, Poll, PollKind
from polls.services import close_poll, create_poll, reopen_poll
from tests.conftest import ClientFor, MakePoll, actor_of, finish_removals, option_ids
from tests.polls.kinds.generators import CASES, OPTIONS
from votes import ledger
from votes.ballots import Ballot, Receipt
from votes.models import TallySample, Vote
from votes.recount import find_mismatches, repair_tally
from votes.samples import MAX_TEXT_BYTES
from votes.services import merge_votes, options_only

pytestmark = [pytest.mark.both, pytest.mark.django_db(transaction=True)]


def ask(alice: User, case: str, **fields: Any) -> Poll:
    kind, settings, _ = CASES[case]
    count = min(OPTIONS, KINDS[kind].max_options)
    return create_poll(
        actor=actor_of(alice),
        question="What do you think?",
        options=[f"Option {number}" for number in range(count)],
        kind=PollKind(kind),
        settings=settings,
        is_published=True,
        allow_change=True,
        **fields,
    )


def ballot(user: User, poll: Poll, sent: Sequence[SentAnswer]) -> Ballot:
    named = options_only(sent)
    return Ballot(
        voter_id=user.id,
        poll_id=poll.id,
        option_ids=tuple(named or ()),
        answers=() if named is not None else tuple(sent),
    )


def test_choices_have_neither_cells_nor_values(alice: User, bob: User) -> None:
    poll = ask(alice, "single")
    ledger.record([ballot(bob, poll, [SentAnswer(option_id=option_ids(poll)[0])])])
    assert not Cell.objects.exists()
    assert Vote.objects.get().value is None


def rank(user: User, poll: Poll, *positions: int, **fields: Any) -> Ballot:
    ids = option_ids(poll)
    chosen = tuple(ids[position] for position in positions)
    return Ballot(voter_id=user.id, poll_id=poll.id, option_ids=chosen, **fields)


def order_of(user: User, poll: Poll) -> list[UUID | None]:
    votes = Vote.objects.filter(user=user, poll=poll).order_by("rank")
    return list(votes.values_list("option_id", flat=True))


def test_another_order_is_another_ballot_and_another_request(alice: User, bob: User) -> None:
    poll = ask(alice, "schulze")
    ids = option_ids(poll)
    results = ledger.record(
        [
            rank(bob, poll, 0, 1, 2, key="first"),
            rank(bob, poll, 0, 1, 2, key="first"),
            rank(bob, poll, 2, 1, 0, key="first"),
            rank(bob, poll, 0, 1, 2),
            rank(bob, poll, 2, 1, 0),
        ]
    ).results
    outcomes = [getattr(each, "outcome", None) or each.code for each in results]  # type: ignore[union-attr]
    assert outcomes == [
        "accepted",
        "accepted",
        "idempotency.key_reused",
        "vote.duplicate",
        "changed",
    ]
    assert order_of(bob, poll) == [ids[2], ids[1], ids[0]]
    assert not list(find_mismatches())


def test_the_same_answer_in_another_poll_is_another_request(alice: User, bob: User) -> None:
    one, other = ask(alice, "numeric"), ask(alice, "numeric")
    sent = ballot(bob, one, [SentAnswer(number=3.0)])
    ballots = [replace(sent, poll_id=each.id, key="first") for each in (one, other)]
    _, refusal = ledger.record(ballots).results
    assert refusal.code == "idempotency.key_reused"  # type: ignore[union-attr]


def test_a_lost_commit_is_recognised(alice: User, bob: User) -> None:
    poll = ask(alice, "numeric")
    sent = ballot(bob, poll, [SentAnswer(number=3.0)])
    for is_retry in (False, True):
        [receipt] = ledger.record([sent], is_retry=is_retry).results
        assert receipt.outcome == "accepted"  # type: ignore[union-attr]
    assert Vote.objects.count() == 1
    assert not list(find_mismatches())


def test_a_guest_takes_its_answers_along(alice: User, bob: User, guest: User) -> None:
    one, other = ask(alice, "rating"), ask(alice, "rating")
    score = [SentAnswer(option_id=option_ids(one)[0], score=4)]
    ledger.record([ballot(guest, one, score)])
    ids = option_ids(other)
    ledger.record([ballot(guest, other, [SentAnswer(option_id=ids[0], score=1)])])
    ledger.record([ballot(bob, other, [SentAnswer(option_id=ids[0], score=5)])])
    merge_votes(guest.id, bob.id)
    assert set(Vote.objects.values_list("user_id", "value")) == {(bob.id, "4"), (bob.id, "5")}
    assert not list(find_mismatches())


def test_wrong_cells_are_found_and_repaired(alice: User, bob: User) -> None:

    poll = ask(alice, "rating")
    ledger.record([ballot(bob, poll, [SentAnswer(option_id=option_ids(poll)[0], score=4)])])
    Cell.objects.filter(key="0:4").update(count=7)
    Cell.objects.create(poll=poll, group="level", key="0:1", count=2)
    Cell.objects.filter(key="1:0").delete()
    found = {(each.cell, each.kept, each.counted) for each in find_mismatches()}
    assert found == {
        (CellKey("level", "0:4"), 7, 1),
        (CellKey("level", "0:1"), 2, 0),
        (CellKey("level", "1:0"), 0, 1),
    }
    repair_tally(poll.id)
    assert not list(find_mismatches())


def test_a_text_that_is_taken_back_leaves_nothing(alice: User, bob: User) -> None:
    poll = ask(alice, "open text")
    ledger.record([ballot(bob, poll, [SentAnswer(text='Say "hello" \\ {x}, NULL')])])
    assert Cell.objects.get(group="text").key == 'Say "hello" \\ {x}, NULL'
    assert Vote.objects.get().value == 'Say "hello" \\ {x}, NULL'
    ledger.record([ballot(bob, poll, [])])
    assert not Cell.objects.exists()


def test_a_deleted_poll_takes_its_cells_along(
    alice: User, bob: User, client_for: ClientFor
) -> None:
    poll = ask(alice, "hotspot")
    ledger.record([ballot(bob, poll, [SentAnswer(x=0.5, y=0.5)])])
    assert client_for(alice).delete(f"/api/polls/{poll.id}").status_code == 200
    finish_removals()
    assert not Cell.objects.exists()


def test_samples_keep_the_cells_that_people_saw(alice: User, bob: User, clock: Any) -> None:
    poll = ask(alice, "rating")
    first, *_ = option_ids(poll)
    ledger.record([ballot(bob, poll, [SentAnswer(option_id=first, score=4)])])
    clock.advance(5)
    ledger.record([ballot(bob, poll, [SentAnswer(option_id=first, score=2)])])
    sample = TallySample.objects.get()
    assert ["0:4", 1] in sample.cells["level"]
    assert "0:2" not in dict(sample.cells["level"])


def test_samples_of_texts_have_a_bound_in_bytes(alice: User, bob: User, clock: Any) -> None:
    """Of the newest texts: a poll has thousands of samples."""
    poll = ask(alice, "open text")
    texts = [f"{number:03}" + "\N{GRINNING FACE}" * 497 for number in range(20)]
    cells = [Cell(poll=poll, group="text", key=text, count=1) for text in texts]
    Cell.objects.bulk_create([*cells, Cell(poll=poll, group="sum", key="n", count=20)])
    Poll.objects.filter(id=poll.id).update(tallied_at=clock.now())
    clock.advance(5)
    ledger.record([ballot(bob, poll, [SentAnswer(text="Hello")])])
    sample = TallySample.objects.get()
    kept = [text for text, _ in sample.cells["text"]]
    assert kept == texts[:-5:-1]
    assert sum(len(text.encode()) for text in kept) <= MAX_TEXT_BYTES
    assert sample.cells["sum"] == [["n", 20]]


def test_a_runoff_is_counted_once_the_poll_is_closed(
    alice: User, bob: User, charlie: User, client_for: ClientFor
) -> None:
    poll = ask(alice, "instant runoff")
    ledger.record([rank(bob, poll, 1, 0), rank(charlie, poll, 1, 2)])
    url = f"/api/polls/{poll.id}/results"
    client = client_for(bob)
    live = client.get(url).json()["poll"]
    assert live["tally"]["runoff"] is None
    close_poll(actor=actor_of(alice), poll_id=poll.id)
    closed = client.get(url).json()["poll"]
    assert closed["tally"]["runoff"]["winnerId"] == str(option_ids(poll)[1])
    # Otherwise watchers would ignore the new tally.
    assert closed["version"] > live["version"]
    reopen_poll(actor=actor_of(alice), poll_id=poll.id)
    assert client.get(url).json()["poll"]["tally"]["runoff"] is None


def test_answers_in_another_order_are_the_same_request_unless_the_order_is_the_answer(
    alice: User, bob: User
) -> None:
    for case in ("star", "points", "dates"):
        poll = ask(alice, case)
        sent = CASES[case][2](Random(3), option_ids(poll))
        assert len(sent) > 1
        first = replace(ballot(bob, poll, sent), key=case)
        second = replace(ballot(bob, poll, sent[::-1]), key=case)
        results = ledger.record([first, second]).results
        assert [isinstance(each, Receipt) for each in results] == [True, True], case
    poll = ask(alice, "schulze")
    ranked = [SentAnswer(option_id=id_, rank=n) for n, id_ in enumerate(option_ids(poll)[:2], 1)]
    swapped = [replace(each, rank=3 - (each.rank or 0)) for each in ranked]
    sent_twice = [ballot(bob, poll, each) for each in (ranked, ranked[::-1], swapped)]
    results = ledger.record([replace(each, key="ranks") for each in sent_twice]).results
    assert [isinstance(each, Receipt) for each in results] == [True, True, False]
    assert isinstance(results[2], IdempotencyKeyReusedError)


def test_a_closed_poll_of_any_kind_takes_no_vote_back_and_no_other(
    alice: User, bob: User, charlie: User
) -> None:
    for case, (_, _, draw) in CASES.items():
        poll = ask(alice, case)
        ballots = [ballot(bob, poll, draw(Random(seed), option_ids(poll))) for seed in (1, 2)]
        ledger.record(ballots[:1])
        close_poll(actor=actor_of(alice), poll_id=poll.id)
        taken_back = Ballot(voter_id=bob.id, option_ids=(), poll_id=poll.id)
        late = replace(ballots[0], voter_id=charlie.id)
        results = ledger.record([late, ballots[1], taken_back]).results
        assert [type(each) for each in results] == [PollClosedError] * 3, case


def test_a_single_choice_can_be_sent_as_answers(
    bob: User, make_poll: MakePoll, client_for: ClientFor
) -> None:
    poll = make_poll()
    url = f"/api/polls/{poll.id}/vote"
    first = str(option_ids(poll)[0])
    answer = client_for(bob).post(url, {"answers": [{"optionId": first, "score": 1}]})
    assert (answer.status_code, answer.json()["code"]) == (400, "vote.invalid_answers")
    answer = client_for(bob).post(url, {"answers": [{"optionId": first}]})
    assert answer.status_code == 201
    assert answer.json()["vote"]["pollOptionId"] == first
    assert "answers" not in answer.json()


VOTES_OVER_REST: list[tuple[dict[str, Any], Any, dict[str, Any]]] = [
    (
        {"kind": "rating", "options": ["A", "B"], "settings": {"steps": 3}},
        [{"optionId": 0, "score": 3}],
        {"kind": "rating"},
    ),
    (
        {"kind": "ranking", "options": ["A", "B"]},
        [{"optionId": 1, "rank": 1}, {"optionId": 0, "rank": 2}],
        {"kind": "ranking", "method": "borda"},
    ),
    (
        {"kind": "numeric", "options": [], "settings": {"min": 0, "max": 10, "unit": "km"}},
        [{"number": 7}],
        {"kind": "numeric", "mean": 7.0},
    ),
    (
        {"kind": "word_cloud", "options": []},
        [{"text": "Tea"}],
        {"words": [{"key": "tea", "text": "Tea", "count": 1}]},
    ),
]


@pytest.mark.parametrize(("asked", "sent", "shown"), VOTES_OVER_REST)
def test_kinds_over_rest(
    alice: User, client_for: ClientFor, asked: Any, sent: Any, shown: dict[str, Any]
) -> None:
    client = client_for(alice)
    body = {"question": "What do you think?", "isPublished": True, **asked}
    created = client.post("/api/polls", body)
    assert created.status_code == 201, created.json()
    poll = created.json()["poll"]
    ids = [option["id"] for option in poll["options"]]
    answers = [
        {**each, "optionId": ids[each["optionId"]]} if "optionId" in each else each for each in sent
    ]
    voted = client.post(f"/api/polls/{poll['id']}/vote", {"answers": answers})
    assert voted.status_code == 201, voted.json()
    [first, *_] = voted.json()["answers"]
    assert answers[0].items() <= first.items()
    results = client.get(f"/api/polls/{poll['id']}/results").json()["poll"]
    assert shown.items() <= results["tally"].items()
    assert results["totalVoters"] == 1
    again = client.post(f"/api/polls/{poll['id']}/vote", {"answers": answers})
    assert (again.status_code, again.json()["code"]) == (409, "vote.duplicate")
    own = client.get(f"/api/polls/{poll['id']}/my-vote").json()
    assert own["answers"] == again.json()["answers"] == voted.json()["answers"]
    for path in ("my-vote", "timeline", "export?format=csv", "export?format=xlsx"):
        assert client.get(f"/api/polls/{poll['id']}/{path}").status_code == 200, path
    assert client.get("/api/votes/my-votes").status_code == 200
