"""Who sees the numbers of a poll, and when."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from django.utils import timezone

from accounts.models import User
from apikit.actors import Actor
from polls.models import Poll, PollState, ResultsVisibility
from polls.selectors import whole_polls
from polls.services import close_poll
from polls.visibility import actors_seeing_results, polls_showing_results, shows_results
from tests.conftest import ClientFor, MakePoll, actor_of, vote
from tests.tables import read_table

pytestmark = [pytest.mark.both, pytest.mark.django_db(transaction=True)]

# When each may see the tally; "closed" is once the poll is closed, or its deadline has passed.
RESULTS = read_table(
    """
                   owner   staff   voter   other   guest   visitor
    always         always  always  always  always  always  always
    after_vote     always  always  always  closed  closed  closed
    after_close    always  always  closed  closed  closed  closed
    owner          always  always  never   never   never   never
    """
)
WHEN = {"always": (True, True), "closed": (False, True), "never": (False, False)}

People = dict[str, User | None]


@pytest.fixture
def people(alice: User, staff: User, bob: User, charlie: User, guest: User) -> People:
    """bob is the one who has voted."""
    cast = (alice, staff, bob, charlie, guest, None)
    return dict(zip(RESULTS["owner"], cast, strict=True))


def actors_of(people: People) -> dict[str, Actor]:
    return {name: actor_of(user) if user else Actor() for name, user in people.items()}


def test_the_table_has_every_kind() -> None:
    assert set(RESULTS) == set(ResultsVisibility.values)


@pytest.mark.parametrize("visibility", RESULTS)
def test_everybody_sees_numbers_when_the_table_says(
    people: People,
    bob: User,
    make_poll: MakePoll,
    client_for: ClientFor,
    visibility: ResultsVisibility,
) -> None:
    poll = make_poll(results_visibility=visibility)
    vote(bob, poll, 0)
    clients = {name: client_for(user) for name, user in people.items()}
    seen: dict[str, list[bool]] = {name: [] for name in people}
    for closes_at in (None, timezone.now()):
        # Nobody has to note that the deadline has passed.
        Poll.objects.update(closes_at=closes_at)
        for name, client in clients.items():
            views = {
                has_numbers(client.get("/api/polls").json()["polls"][0]),
                has_numbers(client.get(f"/api/polls/{poll.id}").json()["poll"]),
                has_numbers(client.get(f"/api/polls/code/{poll.join_code}").json()["poll"]),
                client.get(f"/api/polls/{poll.id}/results").status_code == 200,
            }
            assert len(views) == 1, "every address says the same"
            seen[name] += views
    expected = {name: WHEN[cell] for name, cell in RESULTS[visibility].items()}
    assert {name: tuple(each) for name, each in seen.items()} == expected


def has_numbers(poll: dict[str, Any]) -> bool:
    """Whether a poll as shown has them: all or none."""
    numbers = [
        poll["totalVotes"],
        poll["version"],
        *(each["voteCount"] for each in poll["options"]),
    ]
    assert {number is None for number in numbers} in ({True}, {False})
    return None not in numbers


@pytest.mark.parametrize("offset", [timedelta(0), timedelta(microseconds=-1)])
def test_a_deadline_shows_the_numbers_from_its_very_moment(offset: timedelta) -> None:
    closes_at = datetime.fromisoformat("2026-05-04T09:30:00Z")
    poll = Poll(
        state=PollState.OPEN,
        closes_at=closes_at,
        results_visibility=ResultsVisibility.AFTER_CLOSE,
    )
    sees = shows_results(poll, Actor(), None, has_voted=True, now=closes_at + offset)
    assert sees == (not offset)


@pytest.mark.parametrize("visibility", RESULTS)
def test_what_lists_and_sockets_ask_comes_to_the_same(
    people: People,
    alice: User,
    bob: User,
    make_poll: MakePoll,
    visibility: ResultsVisibility,
) -> None:
    """One person and many polls, or one poll and many people."""
    made = make_poll(results_visibility=visibility)
    vote(bob, made, 0)
    actors, expected = actors_of(people), RESULTS[visibility]
    for is_closed in (False, True):
        if is_closed:
            close_poll(actor=actor_of(alice), poll_id=made.id)
        poll, now = whole_polls().get(id=made.id), timezone.now()
        seeing = actors_seeing_results(poll, list(actors.values()), {}, now)
        for name, actor in actors.items():
            sees = WHEN[expected[name]][is_closed]
            assert (actor in seeing) == sees
            assert bool(polls_showing_results([poll], actor, {}, now)) == sees
