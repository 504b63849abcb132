"""Casting votes: which are accepted, and how others are refused."""

from datetime import timedelta
from uuid import uuid4

import pytest
from django.utils import timezone

from accounts.models import User
from polls.models import Poll, PollKind, ResultsVisibility
from polls.services import close_poll, hide_poll
from tests.conftest import MakePoll, actor_of, option_ids
from tests.votes.conftest import Cast, Post, counts
from votes.models import Vote

pytestmark = [pytest.mark.both, pytest.mark.django_db(transaction=True)]


def test_a_first_vote_is_counted(bob: User, make_poll: MakePoll, cast: Cast) -> None:
    poll = make_poll()
    answer = cast(bob, poll, 1)
    assert answer.status_code == 201
    vote = Vote.objects.get()
    shown = {
        "id": str(vote.id),
        "pollOptionId": str(option_ids(poll)[1]),
        "optionText": "Coffee",
        "pollQuestion": "Tea or coffee?",
        "createdAt": vote.created_at.isoformat().replace("+00:00", "Z"),
    }
    assert answer.json() == {
        "message": "Vote submitted successfully",
        "vote": shown,
        "votes": [shown],
    }
    poll.refresh_from_db()
    assert (poll.version, poll.ballot_count, counts(poll)) == (1, 1, [0, 1, 0])


def test_a_guest_may_vote(guest: User, make_poll: MakePoll, cast: Cast) -> None:
    assert cast(guest, make_poll(), 0).status_code == 201


def test_the_creator_may_vote(alice: User, make_poll: MakePoll, cast: Cast) -> None:
    assert cast(alice, make_poll(), 0).status_code == 201


def test_a_visitor_may_not_vote(make_poll: MakePoll, cast: Cast) -> None:
    answer = cast(None, make_poll(), 0)
    assert answer.status_code == 401
    assert answer.json()["message"].startswith("Authentication")


def test_a_second_vote_is_refused_and_shows_the_current_one(
    bob: User, make_poll: MakePoll, cast: Cast
) -> None:
    poll = make_poll()
    first = cast(bob, poll, 0).json()["vote"]
    for position in (0, 1):
        answer = cast(bob, poll, position)
        assert answer.status_code == 409
        assert answer.json()["code"] == "vote.duplicate"
        assert "already voted" in answer.json()["message"]
        assert answer.json()["vote"] == first
    assert counts(poll) == [1, 0, 0]


def test_a_change_is_counted_if_the_poll_allows_it(
    bob: User, make_poll: MakePoll, cast: Cast
) -> None:
    poll = make_poll(allow_change=True)
    first = cast(bob, poll, 0).json()["vote"]
    answer = cast(bob, poll, 2)
    assert answer.status_code == 200
    assert answer.json()["message"] == "Vote updated successfully"
    assert answer.json()["vote"] == first | {
        "pollOptionId": str(option_ids(poll)[2]),
        "optionText": "Water",
    }
    poll.refresh_from_db()
    assert (poll.version, poll.ballot_count, counts(poll)) == (2, 1, [0, 0, 1])


def test_the_same_option_again_is_no_change(bob: User, make_poll: MakePoll, cast: Cast) -> None:
    poll = make_poll(allow_change=True)
    cast(bob, poll, 0)
    answer = cast(bob, poll, 0)
    assert (answer.status_code, answer.json()["code"]) == (409, "vote.duplicate")
    poll.refresh_from_db()
    assert poll.version == 1


def test_an_option_of_another_poll_is_refused(bob: User, make_poll: MakePoll, cast: Cast) -> None:
    poll, other = make_poll(), make_poll(question="Another?")
    answer = cast(bob, poll, body={"pollOptionId": str(option_ids(other)[0])})
    assert (answer.status_code, answer.json()["code"]) == (400, "vote.unknown_option")
    assert counts(other) == [0, 0, 0]


@pytest.mark.parametrize(
    "body",
    [
        {},
        [],
        {"pollOptionId": None},
        {"pollOptionId": True},
        {"pollOptionId": "tea"},
        {"pollOptionId": "{01985c2e-8f10-7d52-b3a4-6a0c5e9d4f22}"},
        {"pollOptionIds": []},
        {"pollOptionIds": "01985c2e-8f10-7d52-b3a4-6a0c5e9d4f22"},
        {"pollOptionIds": [1]},
        {
            "pollOptionId": "01985c2e-8f10-7d52-b3a4-6a0c5e9d4f22",
            "pollOptionIds": ["01985c2e-8f10-7d52-b3a4-6a0c5e9d4f22"],
        },
        {"pollOptionId": "01985c2e-8f10-7d52-b3a4-6a0c5e9d4f22", "userId": "x"},
    ],
)
def test_a_body_of_another_form_is_refused(
    bob: User, make_poll: MakePoll, cast: Cast, body: object
) -> None:
    answer = cast(bob, make_poll(), body=body)
    assert (answer.status_code, answer.json()["code"]) == (400, "validation")


def test_snake_case_is_accepted_too(bob: User, make_poll: MakePoll, cast: Cast) -> None:
    poll = make_poll()
    answer = cast(bob, poll, body={"poll_option_id": str(option_ids(poll)[0])})
    assert answer.status_code == 201


def test_the_poll_is_found_by_its_option(bob: User, make_poll: MakePoll, post: Post) -> None:
    poll = make_poll()
    body = {"pollOptionId": str(option_ids(poll)[2])}
    answer = post(bob, "/api/votes", body, {})
    assert answer.status_code == 201
    assert counts(poll) == [0, 0, 1]


def test_an_unknown_option_and_one_of_a_strangers_draft_look_the_same(
    bob: User, make_poll: MakePoll, post: Post
) -> None:
    draft = make_poll(is_published=False)
    hidden = post(bob, "/api/votes", {"pollOptionId": str(option_ids(draft)[0])}, {})
    missing = post(bob, "/api/votes", {"pollOptionId": str(uuid4())}, {})
    assert hidden.status_code == missing.status_code == 404
    assert hidden.json() == missing.json()


def test_a_strangers_draft_and_no_poll_look_the_same(
    bob: User, make_poll: MakePoll, cast: Cast
) -> None:
    draft, missing = make_poll(is_published=False), Poll(id=uuid4())
    body = {"pollOptionId": str(uuid4())}
    answers = [cast(bob, poll, body=body) for poll in (draft, missing)]
    assert [answer.status_code for answer in answers] == [404, 404]
    assert answers[0].json() == answers[1].json()


def test_your_own_draft_is_not_open(alice: User, make_poll: MakePoll, cast: Cast) -> None:
    answer = cast(alice, make_poll(is_published=False), 0)
    assert (answer.status_code, answer.json()["code"]) == (409, "poll.not_open")


def test_a_closed_poll_refuses_a_vote(
    alice: User, bob: User, make_poll: MakePoll, cast: Cast
) -> None:
    poll = make_poll()
    close_poll(actor=actor_of(alice), poll_id=poll.id)
    answer = cast(bob, poll, 0)
    assert (answer.status_code, answer.json()["code"]) == (409, "poll.closed")
    assert not Vote.objects.exists()


def test_a_poll_closes_the_moment_its_deadline_passes(
    bob: User, make_poll: MakePoll, cast: Cast
) -> None:
    poll = make_poll()
    Poll.objects.filter(id=poll.id).update(closes_at=timezone.now())
    answer = cast(bob, poll, 0)
    assert (answer.status_code, answer.json()["code"]) == (409, "poll.closed")


def test_a_poll_opens_at_its_opening_time(bob: User, make_poll: MakePoll, cast: Cast) -> None:
    poll = make_poll(opens_at=timezone.now() + timedelta(hours=1))
    answer = cast(bob, poll, 0)
    assert (answer.status_code, answer.json()["code"]) == (409, "poll.not_open")
    Poll.objects.filter(id=poll.id).update(opens_at=timezone.now())
    assert cast(bob, poll, 0).status_code == 201


def test_a_hidden_poll_is_missing_for_others_and_refused_to_its_creator(
    alice: User, bob: User, staff: User, make_poll: MakePoll, cast: Cast
) -> None:
    poll = make_poll()
    hide_poll(actor=actor_of(staff), poll_id=poll.id, reason="spam")
    assert cast(bob, poll, 0).status_code == 404
    answer = cast(alice, poll, 0)
    assert (answer.status_code, answer.json()["code"]) == (409, "poll.hidden")


def test_hidden_results_do_not_prevent_voting(bob: User, make_poll: MakePoll, cast: Cast) -> None:
    poll = make_poll(results_visibility=ResultsVisibility.OWNER)
    assert cast(bob, poll, 0).status_code == 201


def test_several_options_are_one_ballot(bob: User, make_poll: MakePoll, cast: Cast) -> None:
    poll = make_poll(kind=PollKind.MULTIPLE, max_choices=2)
    answer = cast(bob, poll, 0, 2)
    assert answer.status_code == 201
    assert [vote["optionText"] for vote in answer.json()["votes"]] == ["Tea", "Water"]
    assert answer.json()["vote"] == answer.json()["votes"][0]
    poll.refresh_from_db()
    assert (poll.version, poll.ballot_count, counts(poll)) == (1, 1, [1, 0, 1])


def test_more_options_than_allowed_are_refused(bob: User, make_poll: MakePoll, cast: Cast) -> None:
    poll = make_poll(kind=PollKind.MULTIPLE, max_choices=2)
    answer = cast(bob, poll, 0, 1, 2)
    assert (answer.status_code, answer.json()["code"]) == (400, "vote.too_many_choices")
    assert counts(poll) == [0, 0, 0]


def test_a_single_choice_is_one_choice(bob: User, make_poll: MakePoll, cast: Cast) -> None:
    poll = make_poll()
    answer = cast(bob, poll, 0, 1)
    assert (answer.status_code, answer.json()["code"]) == (400, "vote.too_many_choices")


def test_an_option_cannot_be_chosen_twice(bob: User, make_poll: MakePoll, cast: Cast) -> None:
    poll = make_poll(kind=PollKind.MULTIPLE)
    answer = cast(bob, poll, 1, 1)
    assert (answer.status_code, answer.json()["code"]) == (400, "validation")
    assert counts(poll) == [0, 0, 0]


def test_the_same_options_in_another_order_are_no_change(
    bob: User, make_poll: MakePoll, cast: Cast
) -> None:
    poll = make_poll(kind=PollKind.MULTIPLE, allow_change=True)
    cast(bob, poll, 0, 1)
    assert cast(bob, poll, 1, 0).status_code == 409


@pytest.mark.parametrize(
    ("first", "second", "expected"),
    [
        ((0, 1), (1, 2), [0, 1, 1]),
        ((0, 1), (2,), [0, 0, 1]),
        ((0,), (1, 2), [0, 1, 1]),
        ((0, 1, 2), (2, 0), [1, 0, 1]),
    ],
)
def test_a_ballot_with_several_options_is_changed_as_a_whole(
    bob: User,
    make_poll: MakePoll,
    cast: Cast,
    first: tuple[int, ...],
    second: tuple[int, ...],
    expected: list[int],
) -> None:
    poll = make_poll(kind=PollKind.MULTIPLE, allow_change=True)
    cast(bob, poll, *first)
    assert cast(bob, poll, *second).status_code == 200
    poll.refresh_from_db()
    assert (counts(poll), poll.ballot_count) == (expected, 1)
    ranks = Vote.objects.filter(poll=poll).order_by("rank").values_list("rank", flat=True)
    assert list(ranks) == list(range(1, len(second) + 1))


def test_a_suspended_persons_token_casts_no_vote(
    bob: User, make_poll: MakePoll, cast: Cast
) -> None:
    poll = make_poll()
    cast(bob, poll, 0)
    User.objects.filter(id=bob.id).update(is_active=False)
    answer = cast(bob, make_poll(), 0)
    assert (answer.status_code, answer.json()["code"]) == (401, "account.suspended")


def test_a_deleted_persons_token_casts_no_vote(
    charlie: User, make_poll: MakePoll, post: Post
) -> None:
    poll, path = make_poll(), "/api/votes"
    body = {"pollOptionId": str(option_ids(poll)[0])}
    # A refusal, after which the client's token is known.
    post(charlie, path, {"pollOptionId": str(uuid4())}, {})
    User.objects.filter(id=charlie.id).delete()
    answer = post(charlie, path, body, {})
    assert (answer.status_code, answer.json()["code"]) == (401, "auth.token_invalid")
