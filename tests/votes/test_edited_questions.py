"""A question that is edited after people have voted: what they answered stays on record."""

import csv
import io
import json
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from accounts.models import User
from polls.editing import update_poll
from polls.models import Poll, PollKind
from polls.services import close_poll, duplicate_poll, reopen_poll
from polls.wording import MAX_EARLIER_QUESTIONS
from tests.conftest import ClientFor, MakePoll, actor_of, option_ids, vote
from tests.votes.conftest import export_at_once
from votes.exports import ExportFormat
from votes.models import Vote

pytestmark = [pytest.mark.both, pytest.mark.django_db(transaction=True)]

KEEP, FELL = "Shall we keep the oak?", "Shall we fell the oak?"


@pytest.fixture
def poll(bob: User, make_poll: MakePoll) -> Poll:
    """bob voted to keep the oak."""
    poll = make_poll(question=KEEP, options=["Yes", "No"], allow_change=True)
    vote(bob, poll, 0)
    return poll


def reword(alice: User, poll: Poll, question: str) -> None:
    update_poll(actor=actor_of(alice), poll_id=poll.id, changes={"question": question})


def history_of(client_for: ClientFor, user: User) -> list[dict[str, Any]]:
    """The polls of the person's own votes, as they answered them."""
    votes = client_for(user).get("/api/votes/my-votes").json()["votes"]
    return [{key: each["poll"][key] for key in ("question", "currentQuestion")} for each in votes]


def test_my_votes_show_the_question_that_was_answered(
    alice: User, bob: User, charlie: User, poll: Poll, client_for: ClientFor
) -> None:
    reword(alice, poll, FELL)
    vote(charlie, poll, 0)
    assert history_of(client_for, bob) == [{"question": KEEP, "currentQuestion": FELL}]
    assert history_of(client_for, charlie) == [{"question": FELL, "currentQuestion": FELL}]


def test_each_wording_is_kept_even_when_it_is_changed_back(
    alice: User, bob: User, charlie: User, poll: Poll, client_for: ClientFor
) -> None:
    reword(alice, poll, FELL)
    vote(charlie, poll, 0)
    reword(alice, poll, KEEP)
    assert history_of(client_for, bob)[0]["question"] == KEEP
    assert history_of(client_for, charlie)[0]["question"] == FELL


def test_who_changes_their_vote_has_answered_the_new_question(
    alice: User, bob: User, poll: Poll, client_for: ClientFor
) -> None:
    reword(alice, poll, FELL)
    vote(bob, poll, 1)
    assert history_of(client_for, bob)[0]["question"] == FELL


def test_a_vote_refused_as_a_second_one_shows_the_question_that_was_answered(
    alice: User, bob: User, poll: Poll, client_for: ClientFor
) -> None:
    reword(alice, poll, FELL)
    again = {"pollOptionId": str(option_ids(poll)[0])}
    answer = client_for(bob).post(f"/api/polls/{poll.id}/vote", again)
    assert answer.status_code == 409
    assert answer.json()["vote"]["pollQuestion"] == KEEP


def test_a_vote_counted_by_a_clock_that_is_ahead_is_on_the_old_wording(
    alice: User, bob: User, poll: Poll, client_for: ClientFor
) -> None:
    ahead = timezone.now() + timedelta(seconds=5)
    Vote.objects.filter(poll=poll).update(updated_at=ahead)
    Poll.objects.filter(id=poll.id).update(tallied_at=ahead)
    reword(alice, poll, FELL)
    assert history_of(client_for, bob)[0]["question"] == KEEP


@pytest.mark.parametrize("method", ["put", "patch"])
@pytest.mark.parametrize("address", ["", "/results"])
def test_everybody_sees_that_it_was_edited_and_how_it_first_read(
    alice: User, poll: Poll, client_for: ClientFor, method: str, address: str
) -> None:
    url = f"/api/polls/{poll.id}"
    before = client_for(None).get(url + address).json()["poll"]
    assert (before["questionEditedAt"], before["originalQuestion"]) == (None, None)
    assert getattr(client_for(alice), method)(url, {"question": FELL}).status_code == 200
    after = client_for(None).get(url + address).json()["poll"]
    assert (after["question"], after["originalQuestion"]) == (FELL, KEEP)
    assert after["questionEditedAt"] is not None


def test_before_anybody_has_voted_an_edit_leaves_no_trace(alice: User, make_poll: MakePoll) -> None:
    poll = make_poll(question=KEEP)
    reword(alice, poll, FELL)
    assert Poll.objects.get(id=poll.id).earlier_questions == []


def test_the_same_question_again_is_no_edit(alice: User, poll: Poll) -> None:
    reword(alice, poll, KEEP)
    assert Poll.objects.get(id=poll.id).earlier_questions == []


def test_a_closed_poll_keeps_its_wordings_and_a_copy_has_none(alice: User, poll: Poll) -> None:
    close_poll(actor=actor_of(alice), poll_id=poll.id)
    reword(alice, poll, FELL)
    reopen_poll(actor=actor_of(alice), poll_id=poll.id)
    [kept] = Poll.objects.get(id=poll.id).earlier_questions
    assert (kept["question"], kept["editorId"]) == (KEEP, str(alice.id))
    copy = duplicate_poll(actor=actor_of(alice), poll_id=poll.id)
    assert (copy.question, copy.earlier_questions) == (FELL, [])


def test_there_is_a_bound_on_how_often(alice: User, poll: Poll, client_for: ClientFor) -> None:
    for number in range(MAX_EARLIER_QUESTIONS):
        reword(alice, poll, f"Shall we keep oak {number}?")
    answer = client_for(alice).patch(f"/api/polls/{poll.id}", {"question": FELL})
    assert (answer.status_code, answer.json()["code"]) == (409, "poll.edited_too_often")
    # Other settings can still be changed.
    assert client_for(alice).patch(f"/api/polls/{poll.id}", {"closesAt": None}).status_code == 200


@pytest.mark.parametrize(
    "changes",
    [
        {"options": ["No", "Yes"]},
        {"options": ["Yes", "Never"]},
        {"options": ["Yes", "No", "Later"]},
        {"kind": PollKind.MULTIPLE},
    ],
)
@pytest.mark.parametrize("method", ["put", "patch"])
def test_what_else_was_answered_still_stands(
    alice: User, poll: Poll, client_for: ClientFor, method: str, changes: dict[str, Any]
) -> None:
    answer = getattr(client_for(alice), method)(
        f"/api/polls/{poll.id}", {"question": FELL, **changes}
    )
    assert (answer.status_code, answer.json()["code"]) == (409, "poll.has_votes")
    assert Poll.objects.get(id=poll.id).question == KEEP


def test_exports_tell_of_the_edit(alice: User, poll: Poll) -> None:
    reword(alice, poll, FELL)

    def exported(export_format: ExportFormat) -> bytes:
        return export_at_once(actor_of(alice), poll.id, export_format).content

    [earlier] = json.loads(exported(ExportFormat.JSON))["earlierQuestions"]
    assert earlier.keys() == {"question", "replacedAt"}
    assert earlier["question"] == KEEP
    text = exported(ExportFormat.CSV).decode("utf-8-sig")
    [row, _] = csv.DictReader(io.StringIO(text))
    assert (row["Question"], row["Original question"]) == (FELL, KEEP)
    assert row["Question edited at (UTC)"]


def test_the_history_costs_no_query(
    alice: User,
    poll: Poll,
    client_for: ClientFor,
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    client = client_for(alice)
    vote(alice, poll, 0)
    reword(alice, poll, FELL)
    # The token's account, the count, the votes with their polls and options.
    with django_assert_num_queries(3):
        client.get("/api/votes/my-votes")
