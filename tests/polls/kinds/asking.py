"""Polls of every kind in the database, with random ballots."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from random import Random
from typing import Any

from django.utils import timezone

from accounts.models import User
from polls.kinds.base import SentAnswer
from polls.kinds.registry import KINDS
from polls.models import Poll, PollKind
from polls.services import create_poll
from tests.conftest import actor_of, make_user, option_ids
from tests.polls.kinds.generators import CASES, OPTIONS
from votes import ledger
from votes.ballots import Ballot
from votes.services import options_only


def ask(creator: User, case: str, **fields: Any) -> Poll:
    """Create an open poll of a case of :data:`CASES`, whose votes can be changed."""
    kind, settings, _ = CASES[case]
    count = min(OPTIONS, KINDS[kind].max_options)
    return create_poll(
        actor=actor_of(creator),
        **{
            "options": [f"Option {number}" for number in range(count)],
            "question": "What do you think?",
            "kind": PollKind(kind),
            "settings": settings,
            "is_published": True,
            "allow_change": True,
            **fields,
        },
    )


def answer(voter: User, poll: Poll, sent: Sequence[SentAnswer], at: datetime | None = None) -> None:
    """Cast a ballot; without answers, take it back."""
    named = options_only(sent)
    ballot = Ballot(
        voter_id=voter.id,
        poll_id=poll.id,
        option_ids=tuple(named or ()),
        answers=() if named is not None else tuple(sent),
    )
    [result] = ledger.record([ballot], at=at).results
    assert not isinstance(result, Exception), result


def answer_at_random(poll: Poll, case: str, count: int = 3) -> None:
    """Cast random ballots of new voters, the last one a minute later than the others."""
    chance, draw, now = Random(case), CASES[case][2], timezone.now()
    for number in range(count):
        voter = make_user(f"Voter{number}{poll.join_code}")
        at = now if number == count - 1 else now - timedelta(minutes=1)
        answer(voter, poll, draw(chance, option_ids(poll)), at)
