"""Publishing, closing and reopening: every transition from every state, and its events."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from accounts.models import User
from polls import lifecycle
from polls.models import Poll
from polls.topics import poll_topic
from realtime import SITE_TOPIC
from tests.conftest import ClientFor, MakePoll
from tests.polls.conftest import PublishedEvents, poll_of
from tests.tables import read_table

pytestmark = [pytest.mark.both, pytest.mark.django_db]

# The state a poll is in after a move, and the event it publishes, if any; or the
# code of a refusal. "expired": the time to close has passed, and nobody has noted it yet.
MOVES = read_table(
    """
                     publish         close               reopen
    draft            open: opened    poll.not_published  poll.not_published
    timed draft      open: edited    poll.not_published  poll.not_published
    expired draft    poll.closed     poll.not_published  poll.not_published
    scheduled        open            closed: closed      open
    open             open            closed: closed      open
    expired          poll.closed     closed: closed      open: opened
    closed           poll.closed     closed              open: opened
    """
)


def make_poll_in(state: str, make_poll: MakePoll) -> Poll:
    now = timezone.now()
    is_timed = state in {"timed draft", "scheduled"}
    poll = make_poll(
        is_published="draft" not in state,
        opens_at=now + timedelta(hours=1) if is_timed else None,
    )
    if "expired" in state:
        Poll.objects.filter(id=poll.id).update(closes_at=now)
    if state == "closed":
        Poll.objects.filter(id=poll.id).update(state="closed", closed_at=now)
    return poll


@pytest.mark.parametrize("state", MOVES)
@pytest.mark.parametrize("move", ["publish", "close", "reopen"])
def test_a_move_leads_where_the_table_says(
    alice: User,
    make_poll: MakePoll,
    client_for: ClientFor,
    events: PublishedEvents,
    state: str,
    move: str,
) -> None:
    poll = make_poll_in(state, make_poll)
    events.clear()
    response = client_for(alice).put(f"/api/polls/{poll.id}/{move}")
    if response.status_code == 409:
        outcome = response.json()["code"]
    else:
        outcome = ": ".join([poll_of(response)["state"], *events.changes()])
    assert outcome == MOVES[state][move]
    poll.refresh_from_db()
    has_moved = bool(events.changes())
    assert poll.revision == (2 if has_moved else 1)
    assert {topic for topic, _ in events} <= {poll_topic(poll.id), SITE_TOPIC}


@pytest.mark.parametrize(
    ("move", "word"), [("publish", "published"), ("close", "closed"), ("reopen", "reopened")]
)
def test_a_move_says_what_was_done_and_shows_the_poll(
    alice: User, make_poll: MakePoll, client_for: ClientFor, move: str, word: str
) -> None:
    client, poll = client_for(alice), make_poll(is_published=move != "publish")
    responses = [client.put(f"/api/polls/{poll.id}/{move}") for _ in range(2)]
    for response in responses:
        assert response.json()["message"] == f"Poll {word} successfully"
        assert response.json()["poll"] == client.get(f"/api/polls/{poll.id}").json()["poll"]
    assert responses[0].json() == responses[1].json()


def test_a_poll_keeps_its_tally_through_closing_and_reopening(
    alice: User, make_poll: MakePoll, client_for: ClientFor
) -> None:
    client, poll = client_for(alice), make_poll()
    Poll.objects.update(version=7)
    poll.options.update(vote_count=3)
    for move in ("close", "reopen"):
        shown = poll_of(client.put(f"/api/polls/{poll.id}/{move}"))
        assert (shown["version"], shown["totalVotes"]) == (7, 9)


def test_closing_notes_when_and_reopening_forgets(
    alice: User, make_poll: MakePoll, client_for: ClientFor
) -> None:
    client, poll = client_for(alice), make_poll()
    opened_at = poll.opened_at
    assert opened_at is not None
    client.put(f"/api/polls/{poll.id}/close")
    poll.refresh_from_db()
    assert poll.closed_at == poll.updated_at
    client.put(f"/api/polls/{poll.id}/reopen")
    poll.refresh_from_db()
    # When it opened first: exports and the timeline begin there.
    assert poll.opened_at == opened_at
    assert poll.closed_at is None


def test_reopening_lifts_a_deadline_that_has_passed_and_no_other(
    alice: User, make_poll: MakePoll, client_for: ClientFor
) -> None:
    client, poll = client_for(alice), make_poll_in("expired", make_poll)
    assert poll_of(client.put(f"/api/polls/{poll.id}/reopen"))["closesAt"] is None
    later = make_poll(closes_at=timezone.now() + timedelta(hours=1))
    client.put(f"/api/polls/{later.id}/close")
    shown = poll_of(client.put(f"/api/polls/{later.id}/reopen"))
    assert shown["closesAt"] is not None


def test_a_poll_that_opened_while_it_was_closed_is_open_at_once(
    alice: User, make_poll: MakePoll, client_for: ClientFor, events: PublishedEvents
) -> None:
    client, poll = client_for(alice), make_poll_in("scheduled", make_poll)
    client.put(f"/api/polls/{poll.id}/close")
    Poll.objects.filter(id=poll.id).update(opens_at=timezone.now())
    client.put(f"/api/polls/{poll.id}/reopen")
    poll.refresh_from_db()
    assert not lifecycle.open_on_time(poll, timezone.now()), "it would be published twice"


# The event of publishing goes to everybody, unless not everybody may see the poll.


def test_publishing_is_told_to_every_socket_once(
    alice: User, make_poll: MakePoll, client_for: ClientFor, events: PublishedEvents
) -> None:
    client, poll = client_for(alice), make_poll(is_published=False)
    assert events == []
    for _ in range(2):
        client.put(f"/api/polls/{poll.id}/publish")
    [event] = events.new_polls()
    assert (event.poll.id, event.poll.total_votes) == (poll.id, 0)


def test_a_poll_published_on_creation_sends_new_poll(
    make_poll: MakePoll, events: PublishedEvents
) -> None:
    poll = make_poll()
    assert [event.poll.id for event in events.new_polls()] == [poll.id]


@pytest.mark.parametrize("visibility", ["after_vote", "after_close", "owner"])
def test_news_of_a_poll_hold_no_numbers_that_are_hidden(
    make_poll: MakePoll, events: PublishedEvents, visibility: Any
) -> None:
    make_poll(results_visibility=visibility)
    [event] = events.new_polls()
    assert (event.poll.total_votes, event.poll.version) == (None, None)
    assert {option.vote_count for option in event.poll.options} == {None}


def test_a_hidden_poll_is_published_in_silence(
    staff: User, make_poll: MakePoll, client_for: ClientFor, events: PublishedEvents
) -> None:
    poll = make_poll(is_published=False)
    Poll.objects.filter(id=poll.id).update(hidden_at=timezone.now())
    assert poll_of(client_for(staff).put(f"/api/polls/{poll.id}/publish"))["state"] == "open"
    assert events.new_polls() == []
