"""Limits of places: an option, or the yes to a date, for so many people and no more."""

from collections.abc import Iterator
from typing import Any
from uuid import UUID

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.models import User
from polls.editing import OptionEdit, update_poll
from polls.kinds.base import SentAnswer
from polls.models import Cell, Option, Poll, PollKind
from polls.new_polls import NewOption
from polls.services import duplicate_poll
from tests.conftest import ClientFor, MakePoll, actor_of, option_ids, vote
from tests.locks import Run, threads
from tests.polls import hosting
from tests.polls.conftest import fields_of, poll_of, refusal_of
from tests.votes.conftest import Cast, counts
from votes import ledger
from votes.ballots import Ballot
from votes.errors import OptionFullError
from votes.recount import find_mismatches
from votes.services import cast_vote, merge_votes, retract_vote

pytestmark = [pytest.mark.both, pytest.mark.django_db(transaction=True)]

NO, MAYBE, YES = 1, 2, 3
DAYS = {"slots": [{"day": "2027-03-01"}, {"day": "2027-03-02"}]}
VOTERS = 200
PLACES = 10
THREADS = 4


@pytest.fixture
def run() -> Iterator[Run]:
    with threads() as run:
        yield run


def with_places(make_poll: MakePoll, *limits: int | None, **fields: Any) -> Poll:
    options = [NewOption(f"Option {number}", limit) for number, limit in enumerate(limits)]
    return make_poll(**{"options": options, "allow_change": True, **fields})


def dates_with_places(make_poll: MakePoll, *limits: int | None) -> Poll:
    return with_places(make_poll, *limits, kind=PollKind.DATES, settings=DAYS)


def answer(user: User, poll: Poll, *scores: int) -> None:
    ids = option_ids(poll)
    answers = [SentAnswer(option_id=ids[i], score=score) for i, score in enumerate(scores)]
    cast_vote(actor=actor_of(user), poll_id=poll.id, answers=answers)


def test_one_too_many_is_refused_by_name_and_not_counted(
    bob: User, charlie: User, make_poll: MakePoll, cast: Cast
) -> None:
    poll = with_places(make_poll, 1, None)
    assert cast(bob, poll, 0).status_code == 201
    refused = cast(charlie, poll, 0)
    assert refusal_of(refused) == (409, "vote.option_full")
    assert "“Option 0”" in refused.json()["message"]
    assert refused.json()["option"] == {"id": str(option_ids(poll)[0]), "text": "Option 0"}
    assert cast(charlie, poll, 1).status_code == 201
    assert counts(poll) == [1, 1]


def test_a_changed_vote_keeps_its_place_and_frees_the_others(
    bob: User, charlie: User, make_poll: MakePoll
) -> None:
    poll = with_places(make_poll, 1, 1, 1, kind=PollKind.MULTIPLE)
    vote(bob, poll, 0, 1)
    vote(bob, poll, 0, 2)
    vote(charlie, poll, 1)
    with pytest.raises(OptionFullError):
        vote(charlie, poll, 1, 0)
    assert counts(poll) == [1, 1, 1]


def test_a_place_is_free_again_when_its_vote_is_taken_back_or_withdrawn(
    bob: User, charlie: User, guest: User, make_poll: MakePoll
) -> None:
    poll = with_places(make_poll, 1, None)
    vote(bob, poll, 0)
    retract_vote(actor=actor_of(bob), poll_id=poll.id)
    vote(charlie, poll, 0)
    ledger.withdraw(charlie.id, poll.id)
    vote(guest, poll, 0)
    assert counts(poll) == [1, 0]


def test_a_merged_guest_keeps_one_place_and_frees_the_other(
    bob: User, charlie: User, guest: User, make_poll: MakePoll
) -> None:
    """Where only the guest has voted, the account gets its place; otherwise the guest's is free."""
    alone, both = with_places(make_poll, 1, None), with_places(make_poll, 1, 1)
    vote(guest, alone, 0)
    vote(guest, both, 0)
    vote(bob, both, 1)
    merge_votes(guest.id, bob.id)
    with pytest.raises(OptionFullError):
        vote(charlie, alone, 0)
    vote(charlie, both, 0)
    assert (counts(alone), counts(both)) == ([1, 0], [1, 1])


def test_ballots_of_one_batch_count_for_each_other(
    bob: User, charlie: User, guest: User, make_poll: MakePoll
) -> None:
    poll = with_places(make_poll, 1, None)
    [full, free] = option_ids(poll)
    batch = [
        Ballot(voter_id=bob.id, option_ids=(full,), poll_id=poll.id),
        Ballot(voter_id=charlie.id, option_ids=(full,), poll_id=poll.id),
        Ballot(voter_id=bob.id, option_ids=(free,), poll_id=poll.id),
        Ballot(voter_id=guest.id, option_ids=(full,), poll_id=poll.id),
    ]
    results = ledger.record(batch).results
    assert [isinstance(each, OptionFullError) for each in results] == [False, True, False, False]
    assert counts(poll) == [1, 1]


def test_dates_count_those_who_say_yes(
    bob: User, charlie: User, guest: User, make_poll: MakePoll
) -> None:
    poll = dates_with_places(make_poll, 1, None)
    answer(bob, poll, MAYBE, YES)
    answer(charlie, poll, YES, NO)
    with pytest.raises(OptionFullError):
        answer(guest, poll, YES, YES)
    with pytest.raises(OptionFullError):
        answer(bob, poll, YES, YES)
    answer(charlie, poll, YES, MAYBE)
    answer(charlie, poll, MAYBE, MAYBE)
    answer(bob, poll, YES, YES)
    assert Cell.objects.get(poll=poll, group="level", key="0:3").count == 1
    assert list(find_mismatches()) == []


def test_polls_without_limits_need_no_query_more(
    bob: User, charlie: User, make_poll: MakePoll
) -> None:
    """Nor do choices with them; dates with limits read their cells."""
    polls = {
        "free": with_places(make_poll, None, None),
        "limited": with_places(make_poll, 5, None),
        "dates": dates_with_places(make_poll, None, None),
        "limited dates": dates_with_places(make_poll, 5, None),
    }
    queries = {}
    for name, poll in polls.items():
        cast = answer if "dates" in name else vote
        cast(bob, poll, *([YES, NO] if "dates" in name else [0]))
        ballot = Ballot(
            voter_id=charlie.id,
            poll_id=poll.id,
            option_ids=() if "dates" in name else (option_ids(poll)[0],),
            answers=(SentAnswer(option_id=option_ids(poll)[0], score=YES),)
            if "dates" in name
            else (),
        )
        with CaptureQueriesContext(connection) as captured:
            ledger.record([ballot])
        queries[name] = len(captured)
    assert queries["limited"] == queries["free"]
    assert queries["limited dates"] == queries["dates"] + 1


def test_a_lowered_limit_throws_nobody_out_and_lets_nobody_in(
    alice: User, bob: User, charlie: User, guest: User, make_poll: MakePoll
) -> None:
    poll = with_places(make_poll, 3, None, kind=PollKind.MULTIPLE)
    for user in (bob, charlie):
        vote(user, poll, 0)
    edits = [OptionEdit("Option 0", limit=1), OptionEdit("Option 1")]
    update_poll(actor=actor_of(alice), poll_id=poll.id, changes={"options": edits})
    assert counts(poll) == [2, 0]
    vote(bob, poll, 0, 1)
    retract_vote(actor=actor_of(charlie), poll_id=poll.id)
    with pytest.raises(OptionFullError):
        vote(guest, poll, 0)
    edits = [OptionEdit("Option 0", limit=None), OptionEdit("Option 1")]
    update_poll(actor=actor_of(alice), poll_id=poll.id, changes={"options": edits})
    vote(guest, poll, 0)


def test_a_limit_changes_beside_options_that_were_removed_with_their_votes(
    alice: User, bob: User, charlie: User
) -> None:
    poll = hosting.ask(alice, "single", participant_options=hosting.OPEN)
    removed, empty, kept = (hosting.suggest(bob, poll, text) for text in ("C", "D", "E"))
    hosting.choose(bob, poll, removed)
    hosting.choose(charlie, poll, kept)
    for option_id in (removed, empty):
        hosting.settle(alice, poll, "remove", option_id=option_id)
    edits = [OptionEdit("A"), OptionEdit("B"), OptionEdit("E", limit=1)]
    update_poll(actor=actor_of(alice), poll_id=poll.id, changes={"options": edits})
    with pytest.raises(OptionFullError):
        hosting.choose(bob, poll, kept)
    for option_id in (removed, empty):
        assert hosting.settle(alice, poll, "restore", option_id=option_id)
    assert hosting.shown(poll) == {"A": 0, "B": 0, "C": 1, "D": 0, "E": 1}
    assert not list(find_mismatches())


def test_limits_are_in_the_poll_and_its_results(
    alice: User, bob: User, make_poll: MakePoll, client_for: ClientFor
) -> None:
    poll, client = with_places(make_poll, 2, None), client_for(alice)
    shown = client.get(f"/api/polls/{poll.id}").json()["poll"]
    results = client.get(f"/api/polls/{poll.id}/results").json()["poll"]
    assert [option["limit"] for option in shown["options"]] == [2, None]
    assert [option["limit"] for option in results["options"]] == [2, None]
    copy = duplicate_poll(actor=actor_of(alice), poll_id=poll.id)
    assert list(copy.options.values_list("limit", flat=True)) == [2, None]


def test_an_edit_keeps_the_limits_that_it_leaves_out(
    alice: User, make_poll: MakePoll, client_for: ClientFor
) -> None:
    poll, client = with_places(make_poll, 2, 3), client_for(alice)
    [first, second] = map(str, option_ids(poll))

    def edit(**fields: Any) -> list[int | None]:
        shown = poll_of(client.patch(f"/api/polls/{poll.id}", fields))
        return [option["limit"] for option in shown["options"]]

    assert edit(options=[{"id": first, "text": "A"}, {"id": second, "text": "B"}]) == [2, 3]
    assert edit(options=["B", {"id": first, "text": "A", "limit": None}, "C"]) == [3, None, None]
    # Another kind, which has no places.
    assert edit(kind="rating") == [None, None, None]


@pytest.mark.parametrize(
    ("kind", "limit"), [("rating", 3), ("ranking", 3), ("single", 0), ("single", 1.5)]
)
def test_a_limit_that_means_nothing_is_refused(
    alice: User, client_for: ClientFor, kind: str, limit: float
) -> None:
    options = [{"text": "A"}, {"text": "B", "limit": limit}]
    body = {"question": "Which one?", "kind": kind, "options": options}
    [field] = fields_of(client_for(alice).post("/api/polls", body))
    assert field == "options.1.limit"


@pytest.mark.parametrize("kind", [PollKind.SINGLE, PollKind.DATES])
@pytest.mark.services
def test_two_hundred_voters_get_exactly_ten_places(
    make_poll: MakePoll, run: Run, kind: PollKind
) -> None:
    """In batches of different sizes, over several connections, as from several processes."""
    is_dates = kind == PollKind.DATES
    poll = (dates_with_places if is_dates else with_places)(make_poll, PLACES, None)
    wanted = option_ids(poll)[0]
    voters = User.objects.bulk_create(
        User(name=f"Voter{number}", is_guest=True) for number in range(VOTERS)
    )

    def vote_in_batches(mine: list[User]) -> int:
        accepted = 0
        while mine:
            size = 1 + len(mine) % 7
            batch, mine = mine[:size], mine[size:]
            results = ledger.record(
                [_ballot(user, poll, wanted, is_dates) for user in batch]
            ).results
            accepted += sum(not isinstance(result, OptionFullError) for result in results)
        return accepted

    running = [run(vote_in_batches, voters[start::THREADS]) for start in range(THREADS)]
    assert sum(each.result(60) for each in running) == PLACES
    assert Option.objects.get(id=wanted).vote_count == PLACES
    assert list(find_mismatches()) == []


def _ballot(user: User, poll: Poll, option_id: UUID, is_dates: bool) -> Ballot:
    if is_dates:
        answers = (SentAnswer(option_id=option_id, score=YES),)
        return Ballot(voter_id=user.id, poll_id=poll.id, option_ids=(), answers=answers)
    return Ballot(voter_id=user.id, poll_id=poll.id, option_ids=(option_id,))
