"""Reading results, your own vote and your history."""

from collections.abc import Callable
from typing import Any

import pytest

from accounts.models import User
from polls.models import PollKind, ResultsVisibility
from polls.services import close_poll, hide_poll, reopen_poll
from tests.conftest import (
    ClientFor,
    MakePoll,
    actor_of,
    make_user,
    option_ids,
    tallied,
    vote,
)

pytestmark = [pytest.mark.both, pytest.mark.django_db(transaction=True)]

QueryLimit = Callable[..., Any]


def test_results_show_counts_and_shares(
    alice: User, bob: User, charlie: User, make_poll: MakePoll, client_for: ClientFor
) -> None:
    poll = make_poll()
    vote(alice, poll, 0)
    vote(bob, poll, 0)
    vote(charlie, poll, 2)
    ids = [str(option_id) for option_id in option_ids(poll)]
    answer = client_for(None).get(f"/api/polls/{poll.id}/results")
    assert answer.status_code == 200
    assert answer.json() == {
        "poll": {
            "id": str(poll.id),
            "question": "Tea or coffee?",
            "questionEditedAt": None,
            "originalQuestion": None,
            "totalVotes": 3,
            "totalVoters": 3,
            "version": answer.json()["poll"]["version"],
            "options": [
                tallied(ids[0], "Tea", 2, 66.7),
                tallied(ids[1], "Coffee", 0, 0.0),
                tallied(ids[2], "Water", 1, 33.3),
            ],
            "tally": None,
        }
    }
    assert answer.json()["poll"]["version"] == 3


def test_results_without_votes_are_zeros(make_poll: MakePoll, client_for: ClientFor) -> None:
    shown = client_for(None).get(f"/api/polls/{make_poll().id}/results").json()["poll"]
    assert (shown["totalVotes"], shown["version"]) == (0, 0)
    assert {option["percentage"] for option in shown["options"]} == {0.0}


# Who sees the tally: before and after voting, once closed, and once open again.
VISIBILITY = {
    ResultsVisibility.ALWAYS: (200, 200, 200, 200),
    ResultsVisibility.AFTER_VOTE: (403, 200, 200, 200),
    ResultsVisibility.AFTER_CLOSE: (403, 403, 200, 403),
    ResultsVisibility.OWNER: (403, 403, 403, 403),
}


@pytest.mark.parametrize("visibility", VISIBILITY)
def test_a_voter_sees_results_once_they_are_visible(
    alice: User,
    bob: User,
    make_poll: MakePoll,
    client_for: ClientFor,
    visibility: ResultsVisibility,
) -> None:
    poll, client = make_poll(results_visibility=visibility), client_for(bob)

    def status() -> int:
        answer = client.get(f"/api/polls/{poll.id}/results")
        shown = client.get(f"/api/polls/{poll.id}").json()["poll"]
        numbers = [shown["totalVotes"], shown["version"], shown["options"][0]["voteCount"]]
        assert (None in numbers) == (answer.status_code == 403)
        assert len({number is None for number in numbers}) == 1
        if answer.status_code == 403:
            assert answer.json()["code"] == "results.hidden"
        return int(answer.status_code)

    seen = [status()]
    vote(bob, poll, 0)
    seen.append(status())
    close_poll(actor=actor_of(alice), poll_id=poll.id)
    seen.append(status())
    reopen_poll(actor=actor_of(alice), poll_id=poll.id)
    seen.append(status())
    assert tuple(seen) == VISIBILITY[visibility]


@pytest.mark.parametrize("visibility", VISIBILITY)
def test_the_creator_and_the_staff_always_see_results(
    alice: User,
    staff: User,
    make_poll: MakePoll,
    client_for: ClientFor,
    visibility: ResultsVisibility,
) -> None:
    poll = make_poll(results_visibility=visibility)
    for user in (alice, staff):
        assert client_for(user).get(f"/api/polls/{poll.id}/results").status_code == 200


def test_after_vote_results_are_public_once_the_poll_is_closed(
    alice: User, bob: User, charlie: User, make_poll: MakePoll, client_for: ClientFor
) -> None:
    poll = make_poll(results_visibility=ResultsVisibility.AFTER_VOTE)
    vote(bob, poll, 0)
    address, client = f"/api/polls/{poll.id}/results", client_for(charlie)
    assert client.get(address).status_code == 403
    close_poll(actor=actor_of(alice), poll_id=poll.id)
    assert client.get(address).status_code == 200


def test_a_list_hides_the_numbers_of_some_and_shows_those_of_others(
    bob: User, make_poll: MakePoll, client_for: ClientFor, django_assert_num_queries: QueryLimit
) -> None:
    voted = make_poll(results_visibility=ResultsVisibility.AFTER_VOTE)
    make_poll(results_visibility=ResultsVisibility.AFTER_VOTE)
    vote(bob, voted, 0)
    client = client_for(bob)
    # Who asks, how many, the polls, their options, and one for all ballots that matter.
    with django_assert_num_queries(5):
        shown = client.get("/api/polls").json()["polls"]
    assert {poll["id"]: poll["totalVotes"] for poll in shown} == {
        str(voted.id): 1,
        shown[0]["id"]: None,
    }


def test_your_own_vote(bob: User, make_poll: MakePoll, client_for: ClientFor) -> None:
    poll, client = make_poll(), client_for(bob)
    address = f"/api/polls/{poll.id}/my-vote"
    assert client.get(address).json() == {"hasVoted": False, "vote": None, "votes": []}
    vote(bob, poll, 1)
    shown = client.get(address).json()
    assert shown["hasVoted"] is True
    assert shown["votes"] == [shown["vote"]]
    assert shown["vote"]["option"] == {"id": str(option_ids(poll)[1]), "text": "Coffee"}
    assert set(shown["vote"]) == {"id", "option", "createdAt"}


def test_a_ballot_with_several_options_shows_all_of_them(
    bob: User, make_poll: MakePoll, client_for: ClientFor
) -> None:
    poll = make_poll(kind=PollKind.MULTIPLE)
    vote(bob, poll, 2, 0)
    shown = client_for(bob).get(f"/api/polls/{poll.id}/my-vote").json()
    assert [each["option"]["text"] for each in shown["votes"]] == ["Water", "Tea"]
    assert shown["vote"] == shown["votes"][0]


def test_nobody_else_sees_your_vote(
    bob: User, charlie: User, make_poll: MakePoll, client_for: ClientFor
) -> None:
    poll = make_poll()
    vote(bob, poll, 0)
    assert client_for(charlie).get(f"/api/polls/{poll.id}/my-vote").json()["hasVoted"] is False
    assert client_for(charlie).get("/api/votes/my-votes").json()["votes"] == []


def test_history_has_the_newest_first_in_pages(
    bob: User, make_poll: MakePoll, client_for: ClientFor, django_assert_num_queries: QueryLimit
) -> None:
    polls = [make_poll(question=f"Question {number}") for number in range(5)]
    for poll in polls:
        vote(bob, poll, 0)
    client = client_for(bob)
    with django_assert_num_queries(3):
        shown = client.get("/api/votes/my-votes?page=2&limit=2").json()
    assert [each["poll"]["question"] for each in shown["votes"]] == ["Question 2", "Question 1"]
    assert shown["votes"][0]["option"]["text"] == "Tea"
    assert shown["pagination"].pop("nextCursor")
    assert shown["pagination"] == {"page": 2, "limit": 2, "totalCount": 5, "totalPages": 3}


def test_history_leaves_out_what_a_moderator_has_hidden(
    bob: User, staff: User, make_poll: MakePoll, client_for: ClientFor
) -> None:
    poll = make_poll()
    vote(bob, poll, 0)
    hide_poll(actor=actor_of(staff), poll_id=poll.id, reason="spam")
    assert client_for(bob).get("/api/votes/my-votes").json()["votes"] == []


def test_reading_results_costs_the_same_however_many_votes(
    make_poll: MakePoll, client_for: ClientFor, django_assert_num_queries: QueryLimit
) -> None:
    poll, client = make_poll(), client_for(None)
    for voter_count in (1, 4):
        for number in range(voter_count):
            vote(make_user(f"Voter{voter_count}{number}"), poll, 0)
        with django_assert_num_queries(2):
            client.get(f"/api/polls/{poll.id}/results")
