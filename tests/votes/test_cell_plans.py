"""How many rows are read of polls in which strangers sent twenty thousand words or texts."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import pytest
from django.db import connection, transaction
from django.utils import timezone

from accounts.models import User
from polls.cells import read_tally
from polls.host_models import HostDecision
from polls.kinds.base import SentAnswer
from polls.models import Cell, Poll, PollKind
from polls.services import create_poll
from tests.conftest import actor_of
from tests.votes.test_plans import analyze, rows_read
from votes import ledger
from votes.ballots import Ballot

pytestmark = [pytest.mark.services, pytest.mark.django_db(transaction=True)]

STRANGERS = 20_000
# Fifty words with two hundred spellings take 407, with the cells and the poll: for the frame, and
# for a sample, which is due if the second has changed since the last ballot.
MOST_ROWS = 900


def ask(alice: User, kind: PollKind, **settings: Any) -> Poll:
    return create_poll(
        actor=actor_of(alice),
        question="What do you think?",
        options=[],
        kind=kind,
        settings=settings,
        is_published=True,
        allow_change=True,
    )


def fill(polls: Mapping[Poll, Sequence[str]], first: int, last: int) -> None:
    """As if as many people had each sent another text to each of the polls."""
    with connection.cursor() as cursor:
        for poll, groups in polls.items():
            for group in groups:
                cursor.execute(
                    f'INSERT INTO {Cell._meta.db_table} (poll_id, "group", key, count)'
                    " SELECT %s, %s, 'text ' || number, 1 FROM generate_series(%s, %s) number",
                    [poll.id, group, first, last],
                )


def rows_of(function: Callable[[], Any]) -> int:
    with transaction.atomic():
        before = rows_read()
        function()
        return rows_read() - before


def send(user: User, poll: Poll, text: str) -> None:
    answers = (SentAnswer(text=text),) if text else ()
    [result] = ledger.record(
        [Ballot(voter_id=user.id, poll_id=poll.id, option_ids=(), answers=answers)]
    ).results
    assert not isinstance(result, Exception), result


@pytest.mark.parametrize("analyzed_at", [100, STRANGERS])
def test_few_rows_are_read_of_polls_with_many_texts(
    alice: User, bob: User, analyzed_at: int
) -> None:
    """When the tables were last analyzed, there were that many of each."""
    words = ask(alice, PollKind.WORD_CLOUD)
    texts = ask(alice, PollKind.OPEN_TEXT)
    held = ask(alice, PollKind.OPEN_TEXT, needsApproval=True)
    polls = {words: ["word", "spelling"], texts: ["text"], held: ["text"]}
    fill(polls, 1, analyzed_at)
    decide(texts, "removed")
    decide(held, "shown")
    analyze()
    fill(polls, analyzed_at + 1, STRANGERS)
    for poll in polls:
        for text in ("One", "Other", ""):
            assert rows_of(lambda: send(bob, poll, text)) <= MOST_ROWS, (poll.settings, text)  # noqa: B023
        assert rows_of(lambda: read_tally(poll, [])) <= MOST_ROWS, poll.settings  # noqa: B023


def decide(poll: Poll, verdict: str) -> None:
    """As if the host had decided about some of the first texts and some of the last."""
    now = timezone.now()
    HostDecision.objects.bulk_create(
        HostDecision(poll=poll, group="text", key=f"text {number}", verdict=verdict, decided_at=now)
        for number in [*range(1, 50), *range(STRANGERS - 50, STRANGERS, 2)]
    )
