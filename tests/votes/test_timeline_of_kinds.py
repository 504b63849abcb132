"""Timelines of kinds with cells: each point has the view that people saw."""

from collections.abc import Callable
from random import Random

import pytest

from accounts.models import User
from apikit.wire import encode_wire
from polls.editing import OptionEdit, update_poll
from polls.host_decisions import decide
from polls.host_wire import HostChoice
from polls.kinds.base import SentAnswer
from polls.kinds.open_text import OpenTextTally
from polls.models import Cell, Poll
from polls.selectors import whole_polls
from polls.services import close_poll
from tests.conftest import ClientFor, actor_of, make_user, option_ids
from tests.polls.kinds.asking import answer, ask
from tests.polls.kinds.generators import CASES
from tests.votes.conftest import Clock
from votes import timeline
from votes.models import TallySample
from votes.timeline import read_timeline

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.mark.parametrize("case", CASES)
def test_each_point_has_the_results_of_its_time(
    alice: User, client_for: ClientFor, clock: Clock, case: str
) -> None:
    poll, client = ask(alice, case), client_for(alice)
    seen = []
    for number in range(3):
        seen.append(client.get(f"/api/polls/{poll.id}/results").json()["poll"])
        clock.advance(60)
        answer(make_user(f"Voter{number}"), poll, CASES[case][2](Random(number), option_ids(poll)))
    close_poll(actor=actor_of(alice), poll_id=poll.id)
    seen.append(client.get(f"/api/polls/{poll.id}/results").json()["poll"])
    points = client.get(f"/api/polls/{poll.id}/timeline").json()["timeline"]["points"]
    assert [each["tally"] for each in points] == [each["tally"] for each in seen]
    assert [each["totalVotes"] for each in points] == [each["totalVotes"] for each in seen]


@pytest.mark.both
def test_texts_stay_in_the_order_that_people_saw(
    alice: User, bob: User, charlie: User, clock: Clock
) -> None:
    """Whatever order the database gives the keys of an object."""
    poll = ask(alice, "open text")
    for voter, text in ((bob, "bb"), (charlie, "a"), (alice, "ccc")):
        answer(voter, poll, [SentAnswer(text=text)])
    clock.advance(60)
    answer(make_user("Late"), poll, [SentAnswer(text="dddd")])
    shown = read_timeline(whole_polls().get(id=poll.id), 200).points[1].tally
    assert isinstance(shown, OpenTextTally)
    assert [card.text for card in shown.cards] == ["ccc", "a", "bb"]


def test_removed_and_undecided_texts_are_nowhere_in_a_timeline(
    alice: User, bob: User, charlie: User, clock: Clock
) -> None:
    """Also if people saw them then."""
    poll = ask(alice, "open text")
    for voter, text in ((bob, "kind"), (charlie, "rude")):
        answer(voter, poll, [SentAnswer(text=text)])
    clock.advance(60)
    answer(alice, poll, [SentAnswer(text="late")])
    decide(actor=actor_of(alice), poll_id=poll.id, choice=HostChoice(action="remove", text="rude"))

    def texts() -> list[list[str]]:
        points = read_timeline(whole_polls().get(id=poll.id), 200).points
        tallies = [each.tally for each in points if isinstance(each.tally, OpenTextTally)]
        return [[card.text for card in each.cards] for each in tallies]

    assert texts() == [[], ["kind"], ["late", "kind"]]
    Poll.objects.update(settings={**poll.settings, "needsApproval": True})
    assert texts() == [[], [], []]


def written(poll: Poll, count: int, text: Callable[[int], str]) -> None:
    """Samples of an open text, of which each shows fifty cards."""
    Cell.objects.bulk_create(
        Cell(poll=poll, group="text", key=text(card), count=1) for card in range(50)
    )
    TallySample.objects.bulk_create(
        TallySample(
            poll=poll,
            version=version,
            at=poll.created_at,
            counts={},
            cells={"text": [(text(card), 1) for card in range(50)], "sum": [("n", 50)]},
            ballot_count=50,
        )
        for version in range(1, count + 1)
    )
    Poll.objects.filter(id=poll.id).update(version=count + 1)


@pytest.mark.parametrize("still_there", [True, False])
def test_large_views_leave_fewer_points(alice: User, bob: User, still_there: bool) -> None:
    """Also if the present view is small, and does not tell."""
    poll = ask(alice, "open text")
    answer(bob, poll, [SentAnswer(text="x" * 200)])
    written(poll, 300, lambda card: f"{card}" * 100)
    if not still_there:
        # Newer than the others.
        Cell.objects.bulk_create(
            Cell(poll=poll, group="text", key=f"{number}.", count=1) for number in range(50)
        )
    shown = read_timeline(whole_polls().get(id=poll.id), 200)
    assert 2 < len(shown.points) < 40
    sizes = [len(encode_wire(each.tally)) for each in shown.points if each.tally]
    assert sum(sizes) <= timeline.MAX_VIEW_BYTES


def test_samples_that_no_longer_fit_are_deleted(alice: User, bob: User, clock: Clock) -> None:
    polls = [ask(alice, "rating"), ask(alice, "rating"), ask(alice, "single")]
    for poll in polls:
        first, *_ = option_ids(poll)
        score = 4 if poll.kind == "rating" else None
        for sent in ([SentAnswer(option_id=first, score=score)], []):
            answer(bob, poll, sent)
            clock.advance(60)
    changed, reworded, choices = polls
    assert TallySample.objects.count() == 3
    options = [OptionEdit(f"Statement {number}") for number in range(3)]
    for poll in (changed, choices):
        update_poll(actor=actor_of(alice), poll_id=poll.id, changes={"options": options})
    update_poll(actor=actor_of(alice), poll_id=reworded.id, changes={"question": "And now?"})
    left = set(TallySample.objects.values_list("poll_id", flat=True))
    assert left == {reworded.id, choices.id}
    counts = Poll.objects.order_by("id").values_list("sample_count", flat=True)
    assert list(counts) == [0, 1, 1]
    update_poll(actor=actor_of(alice), poll_id=reworded.id, changes={"settings": {"steps": 7}})
    assert not TallySample.objects.filter(poll=reworded).exists()
