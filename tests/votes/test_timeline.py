"""Timelines: their points, their cost, and access."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from accounts.models import User
from polls.models import Poll, ResultsVisibility
from polls.selectors import whole_polls
from polls.services import close_poll, hide_poll
from tests.conftest import ClientFor, MakePoll, actor_of, make_user, option_ids, vote
from tests.votes.conftest import Clock
from votes.models import TallySample
from votes.timeline import MAX_NUMBERS, MAX_POINTS, Moment, read_timeline, thin

pytestmark = [pytest.mark.both, pytest.mark.django_db(transaction=True)]

START = datetime(2026, 5, 4, 9, 30, tzinfo=UTC)


def on_the_wire(moment: datetime) -> str:
    return moment.isoformat().replace("+00:00", "Z")


def sample(poll: Poll, version: int, at: datetime, count: int) -> None:
    """A sample in which all votes are for the first option."""
    counts = {option_ids(poll)[0].hex: count}
    TallySample.objects.create(poll=poll, version=version, at=at, counts=counts, ballot_count=count)


def test_a_timeline_goes_from_the_opening_to_the_present_tally(
    bob: User, charlie: User, make_poll: MakePoll, client_for: ClientFor, clock: Clock
) -> None:
    poll = make_poll()
    times = [clock.advance(100)]
    vote(bob, poll, 0)
    times.append(clock.advance(60))
    vote(charlie, poll, 2)
    answer = client_for(None).get(f"/api/polls/{poll.id}/timeline")
    assert answer.status_code == 200
    assert poll.opened_at is not None
    ids = [str(option_id) for option_id in option_ids(poll)]
    points = zip([poll.opened_at, *times], range(3), strict=True)
    assert answer.json() == {
        "timeline": {
            "pollId": str(poll.id),
            "question": "Tea or coffee?",
            "points": [
                {
                    "at": on_the_wire(at),
                    "version": n,
                    "ballotCount": n,
                    "totalVotes": n,
                    "tally": None,
                }
                for at, n in points
            ],
            "options": [
                {"id": ids[0], "text": "Tea", "voteCounts": [0, 1, 1]},
                {"id": ids[1], "text": "Coffee", "voteCounts": [0, 0, 0]},
                {"id": ids[2], "text": "Water", "voteCounts": [0, 0, 1]},
            ],
        }
    }


def test_a_poll_without_votes_has_one_point(make_poll: MakePoll, client_for: ClientFor) -> None:
    poll = make_poll()
    shown = client_for(None).get(f"/api/polls/{poll.id}/timeline").json()["timeline"]
    assert poll.opened_at is not None
    at = on_the_wire(poll.opened_at)
    point = {"at": at, "version": 0, "ballotCount": 0, "totalVotes": 0, "tally": None}
    assert shown["points"] == [point]
    assert [option["voteCounts"] for option in shown["options"]] == [[0], [0], [0]]


def test_a_poll_from_before_there_were_samples_has_its_tally(
    bob: User, make_poll: MakePoll, client_for: ClientFor
) -> None:
    poll = make_poll()
    vote(bob, poll, 0)
    Poll.objects.update(tallied_at=None)
    shown = client_for(None).get(f"/api/polls/{poll.id}/timeline").json()["timeline"]
    assert [point["totalVotes"] for point in shown["points"]] == [1]


def test_a_timeline_has_no_more_points_than_asked_for(
    bob: User, make_poll: MakePoll, client_for: ClientFor
) -> None:
    poll = make_poll()
    vote(bob, poll, 0)
    last = START + timedelta(seconds=50)
    Poll.objects.update(version=50, opened_at=START, tallied_at=last)
    for version in range(1, 50):
        sample(poll, version, START + timedelta(seconds=version), version)
    client, address = client_for(None), f"/api/polls/{poll.id}/timeline"
    shown = client.get(f"{address}?points=7").json()["timeline"]
    assert [point["version"] for point in shown["points"]] == [0, 8, 16, 24, 33, 41, 50]
    assert shown["options"][0]["voteCounts"] == [0, 8, 16, 24, 33, 41, 1]
    assert len(client.get(address).json()["timeline"]["points"]) == 51


def test_votes_that_come_in_while_a_timeline_is_read_are_left_to_the_next(
    bob: User, charlie: User, make_poll: MakePoll, clock: Clock
) -> None:
    poll = make_poll()
    vote(bob, poll, 0)
    poll = whole_polls().get(id=poll.id)
    for voter in (charlie, make_user("Late")):
        clock.advance(1)
        vote(voter, poll, 0)
    timeline = read_timeline(poll, 200)
    assert [point.version for point in timeline.points] == [0, 1]
    assert timeline.options[0].vote_counts == (0, 1)


@pytest.mark.parametrize("points", ["1", "0", "-3", str(MAX_POINTS + 1), "many", "2.5", ""])
def test_an_invalid_number_of_points_is_refused(
    make_poll: MakePoll, client_for: ClientFor, points: str
) -> None:
    answer = client_for(None).get(f"/api/polls/{make_poll().id}/timeline?points={points}")
    assert (answer.status_code, answer.json()["code"]) == (400, "validation")
    assert answer.json()["errors"][0]["field"] == "points"


def test_a_timeline_costs_the_same_however_many_samples(
    make_poll: MakePoll, client_for: ClientFor, django_assert_num_queries: Callable[..., Any]
) -> None:
    poll, client = make_poll(), client_for(None)
    for count in (1, 5):
        for number in range(count):
            vote(make_user(f"Voter{count}{number}"), poll, 0)
            sample(poll, 1000 * count + number, START, number)
        Poll.objects.update(version=9000)
        with django_assert_num_queries(4):
            client.get(f"/api/polls/{poll.id}/timeline")


def test_hidden_results_hide_the_timeline_too(
    alice: User,
    bob: User,
    charlie: User,
    guest: User,
    staff: User,
    make_poll: MakePoll,
    client_for: ClientFor,
) -> None:
    poll = make_poll(results_visibility=ResultsVisibility.AFTER_VOTE)
    vote(bob, poll, 0)
    address = f"/api/polls/{poll.id}/timeline"
    for user in (None, charlie, guest):
        answer = client_for(user).get(address)
        assert (answer.status_code, answer.json()["code"]) == (403, "results.hidden")
    for user in (alice, bob, staff):
        assert client_for(user).get(address).status_code == 200
    close_poll(actor=actor_of(alice), poll_id=poll.id)
    assert client_for(charlie).get(address).status_code == 200


def test_the_timeline_of_a_draft_and_of_a_hidden_poll_is_not_there(
    alice: User, charlie: User, staff: User, make_poll: MakePoll, client_for: ClientFor
) -> None:
    draft, hidden = make_poll(is_published=False), make_poll()
    hide_poll(actor=actor_of(staff), poll_id=hidden.id, reason="spam")
    for poll in (draft, hidden):
        address = f"/api/polls/{poll.id}/timeline"
        for user in (None, charlie):
            answer = client_for(user).get(address)
            assert (answer.status_code, answer.json()["code"]) == (404, "poll.not_found")
        assert client_for(alice).get(address).status_code == 200


@given(
    steps=st.lists(st.tuples(st.integers(1, 1000), st.floats(0, 1e6)), min_size=1, max_size=200),
    count=st.integers(2, 40),
)
def test_thinning_keeps_both_ends_and_the_order(steps: list[tuple[int, float]], count: int) -> None:
    moments = [Moment(0, START)]
    for versions, seconds in steps:
        before = moments[-1]
        moments.append(Moment(before.version + versions, before.at + timedelta(seconds=seconds)))
    kept = thin(moments, count)
    assert len(kept) <= count
    assert [each for each in moments if each in kept] == kept
    assert (kept[0], kept[-1]) == (moments[0], moments[-1])
    if len(moments) <= count:
        assert kept == moments


def test_neither_a_burst_nor_a_silence_takes_all_places() -> None:
    burst = [Moment(version, START + timedelta(seconds=version)) for version in range(101)]
    days = [Moment(100 + day, START + timedelta(days=day)) for day in range(1, 11)]
    kept = thin([*burst, *days], 20)
    in_burst = [each for each in kept if each in burst]
    assert 8 <= len(in_burst) <= 12
    assert len(kept) - len(in_burst) >= 8


def test_a_timeline_of_many_options_has_fewer_points(
    make_poll: MakePoll, client_for: ClientFor
) -> None:
    poll = make_poll(options=[str(number) for number in range(50)])
    TallySample.objects.bulk_create(
        TallySample(
            poll=poll,
            version=version,
            at=START + timedelta(seconds=version),
            counts={option_id.hex: 1_000_000 for option_id in option_ids(poll)},
            ballot_count=1_000_000,
        )
        for version in range(1, 1500)
    )
    Poll.objects.update(version=1500, tallied_at=START + timedelta(seconds=1500))
    answer = client_for(None).get(f"/api/polls/{poll.id}/timeline?points=1000")
    timeline = answer.json()["timeline"]
    assert MAX_NUMBERS // 2 < len(timeline["points"]) * 50 <= MAX_NUMBERS
    assert timeline["points"][1]["totalVotes"] == 50_000_000
    assert len(answer.content) < 200_000
