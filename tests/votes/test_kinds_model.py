"""Every kind of poll in the ledger, compared with a simple model: in any order of events, the
cells, the counters and the published frames are those of the ballots.

Hypothesis generates the events. All kinds are in one database, so that batches and merges change
polls of several kinds at once.
"""

from collections import Counter
from random import Random
from typing import Any
from uuid import UUID

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test

from accounts.models import User
from accounts.services import delete_user
from apikit.ids import new_id
from apikit.wire import adapter_of, encode_wire
from polls.cells import read_tally
from polls.events import VoteUpdate
from polls.kinds.base import Answers, Kind
from polls.kinds.registry import CHOICES, KINDS, build_kind
from polls.models import Cell, Option, Poll, PollKind
from polls.selectors import whole_polls
from polls.services import create_poll
from polls.tally import Tally
from tests.conftest import actor_of, option_ids
from tests.polls.kinds.generators import CASES, OPTIONS
from votes import ledger, services
from votes.answer_decisions import sent_answers
from votes.ballots import Ballot, Receipt
from votes.poll_batch import TopicEvent
from votes.recount import find_mismatches
from votes.services import merge_votes, options_only

pytestmark = [pytest.mark.both, pytest.mark.django_db(transaction=True)]

VOTERS = 3
PEOPLE = st.integers(0, VOTERS - 1)
NAMES = st.sampled_from(sorted(CASES))
# A kind, a voter, and what their ballot is drawn from; some numbers take the vote back.
BALLOTS = st.tuples(NAMES, PEOPLE, st.integers(0, 40))


class PollModel:
    """A poll, and the ballots of people by their id."""

    def __init__(self, owner: User, case: str) -> None:
        name, self.settings, self.draw = CASES[case]
        count = min(OPTIONS, KINDS[name].max_options)
        self.poll = create_poll(
            actor=actor_of(owner),
            question="What do you think?",
            options=[f"Option {number}" for number in range(count)],
            kind=PollKind(name),
            settings=self.settings,
            is_published=True,
            allow_change=True,
        )
        self.option_ids = option_ids(self.poll)
        self.kind: Kind = build_kind(name, self.settings, self.option_ids)
        self.ballots: dict[UUID, Answers] = {}
        self.version = 0

    def cells(self) -> Counter[tuple[UUID, str, str]]:
        cells: Counter[tuple[UUID, str, str]] = Counter()
        for answers in self.ballots.values():
            for (group, key), count in self.kind.cells(answers).items():
                cells[self.poll.id, group, key] += count
        return cells

    def counts(self) -> dict[UUID, int]:
        named = Counter(each.option_id for ballot in self.ballots.values() for each in ballot)
        return {id_: named[id_] for id_ in self.option_ids}


class KindsMachine(RuleBasedStateMachine):
    """A poll of every kind."""

    def __init__(self) -> None:
        super().__init__()
        self.patch = pytest.MonkeyPatch()
        self.events: list[TopicEvent] = []
        self.patch.setattr(services, "publish", lambda *event: self.events.append(event))
        email = f"{new_id()}@example.org"
        self.owner = User.objects.create(name="Alice", email=email, is_staff=True)
        self.voters = [self._make_voter() for _ in range(VOTERS)]
        self.models = {case: PollModel(self.owner, case) for case in sorted(CASES)}

    def teardown(self) -> None:
        self.patch.undo()
        # Reads every row of every vote.
        assert not list(find_mismatches())

    def _make_voter(self) -> User:
        return User.objects.create(name="Voter", is_guest=True)

    @rule(drawn=st.lists(BALLOTS, min_size=8, max_size=24))
    def vote(self, drawn: list[tuple[str, int, int]]) -> None:
        ballots = [self._ballot(*each) for each in drawn]
        batch = ledger.record(ballots)
        self.events += batch.events
        for (case, voter, _), ballot, result in zip(drawn, ballots, batch.results, strict=True):
            model, voter_id = self.models[case], self.voters[voter].id
            before = model.ballots.pop(voter_id, ())
            after = () if ballot.is_retraction else model.kind.parse(sent_answers(ballot))
            if after:
                model.ballots[voter_id] = after
            is_same = set(before) == set(after) if model.kind.name in CHOICES else before == after
            assert isinstance(result, Receipt) != is_same, result

    def _ballot(self, case: str, voter: int, number: int) -> Ballot:
        model = self.models[case]
        is_retraction = number % 5 == 0
        sent = [] if is_retraction else model.draw(Random(number), model.option_ids)
        named = options_only(sent)
        return Ballot(
            voter_id=self.voters[voter].id,
            poll_id=model.poll.id,
            option_ids=tuple(named or ()),
            answers=() if named is not None else tuple(sent),
        )

    @rule(voter=PEOPLE, case=NAMES)
    def withdraw(self, voter: int, case: str) -> None:
        user_id, model = self.voters[voter].id, self.models[case]
        self.events += ledger.withdraw(user_id, model.poll.id)
        model.ballots.pop(user_id, None)

    @rule(guest=PEOPLE, account=PEOPLE)
    def merge(self, guest: int, account: int) -> None:
        """Ballots that the account has cast count, and those of the guest are removed."""
        if guest == account:
            return
        guest_id, account_id = self.voters[guest].id, self.voters[account].id
        merge_votes(guest_id, account_id)
        for model in self.models.values():
            moved = model.ballots.pop(guest_id, ())
            if moved:
                model.ballots.setdefault(account_id, moved)

    @rule(voter=PEOPLE)
    def delete(self, voter: int) -> None:
        user_id = self.voters[voter].id
        delete_user(actor=actor_of(self.owner), user_id=user_id)
        self.voters[voter] = self._make_voter()
        for model in self.models.values():
            model.ballots.pop(user_id, None)

    @invariant()
    def cells_and_counters_are_those_of_the_ballots(self) -> None:
        expected: Counter[tuple[UUID, str, str]] = Counter()
        counts: dict[UUID, int] = {}
        for model in self.models.values():
            expected.update(model.cells())
            counts |= model.counts()
        voters = {each.poll.id: len(each.ballots) for each in self.models.values()}
        # Those of earlier examples are there, too.
        rows = Cell.objects.filter(poll__in=voters).values_list("poll_id", "group", "key", "count")
        assert {(poll, group, key): n for poll, group, key, n in rows} == expected
        options = Option.objects.filter(poll__in=voters)
        assert dict(options.values_list("id", "vote_count")) == counts
        polls = Poll.objects.filter(id__in=voters)
        assert dict(polls.values_list("id", "ballot_count")) == voters

    @invariant()
    def the_newest_frames_show_what_is_stored(self) -> None:
        frames = {each.poll.id: each for _, each in self.events if isinstance(each, VoteUpdate)}
        self.events.clear()
        polls = Poll.objects.filter(id__in=[each.poll.id for each in self.models.values()])
        versions = dict(polls.values_list("id", "version"))
        for model in self.models.values():
            # A tally that changed has a frame.
            assert (versions[model.poll.id] > model.version) == (model.poll.id in frames)
            model.version = versions[model.poll.id]
        for poll in whole_polls().filter(id__in=frames):
            assert frames[poll.id].version == poll.version
            shown = frames[poll.id].poll
            assert shown == read_tally(poll, poll.options.all())
            # Other processes read the frame as JSON.
            assert adapter_of(Tally).validate_json(encode_wire(shown)) == shown
            assert (shown.tally is None) == (poll.kind in CHOICES)


def test_live_tallies_equal_the_ballots_of_every_kind() -> None:
    run: Any = run_state_machine_as_test
    run(
        KindsMachine,
        settings=settings(
            derandomize=True,
            max_examples=8,
            stateful_step_count=15,
            deadline=None,
            phases=(Phase.generate,),
            suppress_health_check=list(HealthCheck),
        ),
    )
