"""Pinned, answered and removed questions, and their tallies."""

import pytest

from accounts.models import User
from polls import option_decisions
from polls.editing import OptionEdit, update_poll
from polls.errors import (
    NothingToDecideError,
    OptionExistsError,
    PollOptionNotFoundError,
    SuggestionNotFoundError,
    TooManyDecisionsError,
    TooManyOptionsError,
)
from polls.events import PollUpdate
from polls.models import MAX_OPTIONS, Option, Poll
from tests.conftest import ClientFor, actor_of, option_ids
from tests.polls.conftest import PublishedEvents, refusal_of
from tests.polls.hosting import (
    OPEN,
    ask,
    choose,
    positions,
    results,
    settle,
    shown,
    suggest,
)
from votes.recount import find_mismatches, repair_tally
from votes.selectors import get_timeline_for, get_voter_status
from votes.services import withdraw_votes_of

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def poll(alice: User) -> Poll:
    return ask(alice, "questions")


def test_questions_are_pinned_and_answered(
    alice: User, bob: User, poll: Poll, events: PublishedEvents
) -> None:
    why, how = suggest(bob, poll, "Why?"), suggest(bob, poll, "How?")
    events.clear()
    for action, id_ in (("pin", why), ("pin", how), ("answer", why), ("unpin", how)):
        assert settle(alice, poll, action, option_id=id_)
        assert not settle(alice, poll, action, option_id=id_), "repeating changes nothing"
    heads = [event.poll for _, event in events if isinstance(event, PollUpdate)]
    assert len(heads) == 4
    assert heads[-1] is not None
    fields = [(each.text, each.state, each.is_pinned) for each in heads[-1].options]
    assert fields == [("Why?", "answered", True), ("How?", "shown", False)]
    assert heads[-1].options[0].answered_at is not None
    # What people vote on is the same.
    assert events.tallies() == []
    assert settle(alice, poll, "reopen", option_id=why)
    assert Option.objects.get(id=why).answered_at is None


@pytest.mark.both
def test_a_removed_question_keeps_its_votes_and_nobody_sees_it(
    alice: User, bob: User, charlie: User, staff: User, poll: Poll
) -> None:
    why, how = suggest(bob, poll, "Why?"), suggest(bob, poll, "How?")
    choose(bob, poll, why)
    choose(charlie, poll, why, how)
    choose(staff, poll, how)
    before = results(alice, poll)
    assert settle(alice, poll, "remove", option_id=why)
    after = results(alice, poll)
    assert [(each.text, each.vote_count) for each in after.options] == [("How?", 2)]
    # Votes for it count no more; all three people have voted.
    assert (after.total_votes, after.total_voters) == (2, 3)
    assert (after.options[0].percentage, after.options[0].voter_share) == (100.0, 66.7)
    assert before.version is not None
    assert after.version is not None
    assert after.version > before.version
    assert list(find_mismatches()) == []
    repair_tally(poll.id)
    assert results(alice, poll).options == after.options
    assert settle(alice, poll, "restore", option_id=why)
    assert results(alice, poll).options == before.options
    assert results(alice, poll).total_voters == 3


@pytest.mark.both
def test_people_vote_on_after_a_question_was_removed(
    alice: User, bob: User, charlie: User, poll: Poll
) -> None:
    why, how = suggest(bob, poll, "Why?"), suggest(bob, poll, "How?")
    choose(bob, poll, why, how)
    settle(alice, poll, "remove", option_id=why)
    with pytest.raises(Exception, match="does not belong"):
        choose(charlie, poll, why)
    choose(bob, poll, how)
    choose(charlie, poll, how)
    assert shown(poll) == {"How?": 2}
    assert Option.with_removed.get(id=why).vote_count == 0
    withdraw_votes_of(charlie.id)
    assert list(find_mismatches()) == []


def test_a_ballot_of_removed_questions_only_stays_a_ballot(
    alice: User, bob: User, poll: Poll
) -> None:
    why = suggest(alice, poll, "Why?")
    choose(bob, poll, why)
    settle(alice, poll, "remove", option_id=why)
    nothing = results(alice, poll)
    assert (nothing.options, nothing.total_votes, nothing.total_voters) == ((), 0, 1)
    assert get_voter_status(actor_of(bob), poll.id).has_voted
    # And does not let the host change what people have voted on.
    assert Poll.objects.get(id=poll.id).has_votes


def test_the_timeline_has_no_removed_questions(alice: User, bob: User, poll: Poll) -> None:
    why, how = suggest(bob, poll, "Why?"), suggest(bob, poll, "How?")
    choose(bob, poll, why, how)
    settle(alice, poll, "remove", option_id=why)
    timeline = get_timeline_for(actor_of(alice), poll.id)
    assert [series.text for series in timeline.options] == ["How?"]
    assert timeline.points[-1].total_votes == 1


def test_new_positions_are_above_those_of_removed_questions(
    alice: User, bob: User, poll: Poll
) -> None:
    settle(alice, poll, "remove", option_id=suggest(bob, poll, "Why?"))
    suggest(bob, poll, "How?")
    assert positions(poll) == [0, 1]


def test_an_edit_drops_removed_questions_that_nobody_voted_on(
    alice: User, bob: User, poll: Poll
) -> None:
    settle(alice, poll, "remove", option_id=suggest(bob, poll, "Why?"))
    edits = {"options": [OptionEdit("How?"), OptionEdit("When?")]}
    update_poll(actor=actor_of(alice), poll_id=poll.id, changes=edits)
    assert shown(poll) == {"How?": 0, "When?": 0}
    assert Poll.objects.get(id=poll.id).removed_option_count == 0


def test_options_that_participants_added_to_a_choice_can_be_removed(
    alice: User, bob: User, charlie: User
) -> None:
    poll = ask(alice, "single", participant_options=OPEN)
    added = suggest(bob, poll, "C")
    choose(bob, poll, added)
    choose(charlie, poll, option_ids(poll)[0])
    with pytest.raises(NothingToDecideError):
        settle(alice, poll, "remove", option_id=option_ids(poll)[0])
    with pytest.raises(NothingToDecideError):
        settle(alice, poll, "pin", option_id=added)
    settle(alice, poll, "remove", option_id=added)
    after = results(alice, poll)
    assert (after.total_votes, after.total_voters) == (1, 2)
    assert after.options[0].percentage == 100.0
    assert after.options[0].voter_share == 50.0


def test_there_is_a_bound_of_removed_options(
    alice: User, bob: User, poll: Poll, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(option_decisions, "MAX_REMOVED", 1)
    settle(alice, poll, "remove", option_id=suggest(bob, poll, "Why?"))
    with pytest.raises(TooManyDecisionsError):
        settle(alice, poll, "remove", option_id=suggest(bob, poll, "How?"))


def test_restoring_and_approving_need_a_free_place(alice: User, bob: User) -> None:
    poll = ask(alice, "questions", {"needsApproval": True})
    waits, gone = suggest(bob, poll, "Why?"), suggest(alice, poll, "How?")
    settle(alice, poll, "remove", option_id=gone)
    Option.objects.bulk_create(
        Option(poll=poll, text=f"Question {number}", position=number + 1)
        for number in range(MAX_OPTIONS)
    )
    with pytest.raises(TooManyOptionsError):
        settle(alice, poll, "restore", option_id=gone)
    with pytest.raises(TooManyOptionsError):
        settle(alice, poll, "approve", suggestion_id=waits)


def test_an_approved_text_must_be_new(alice: User, bob: User) -> None:
    poll = ask(alice, "questions", {"needsApproval": True})
    waits = suggest(bob, poll, "Why?")
    suggest(alice, poll, "WHY?")
    with pytest.raises(OptionExistsError):
        settle(alice, poll, "approve", suggestion_id=waits)


def test_what_belongs_to_another_poll_is_not_found(alice: User, bob: User, poll: Poll) -> None:
    other = ask(alice, "questions", {"needsApproval": True})
    with pytest.raises(SuggestionNotFoundError):
        settle(alice, poll, "approve", suggestion_id=suggest(bob, other, "Why?"))
    with pytest.raises(PollOptionNotFoundError):
        settle(alice, poll, "remove", option_id=suggest(alice, other, "How?"))


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({"action": "approve"}, "validation"),
        ({"action": "merge", "word": "tea"}, "validation"),
        ({"action": "remove", "word": "tea", "into": "coffee"}, "validation"),
        ({"action": "remove", "word": "tea", "text": "tea"}, "validation"),
        ({"action": "explode", "word": "tea"}, "validation"),
        ({"action": "remove", "text": "tea"}, "decision.not_for_this_kind"),
        ({"action": "remove", "word": "tea"}, "decision.not_for_this_kind"),
        ({"action": "pin", "word": "tea"}, "decision.not_for_this_kind"),
        ({"action": "merge", "text": "tea", "into": "coffee"}, "decision.not_for_this_kind"),
    ],
)
def test_decisions_that_make_no_sense_are_refused(
    alice: User, client_for: ClientFor, poll: Poll, body: dict[str, str], code: str
) -> None:
    answer = client_for(alice).post(f"/api/polls/{poll.id}/decisions", body)
    assert refusal_of(answer)[1] == code
