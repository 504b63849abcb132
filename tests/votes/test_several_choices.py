"""Polls with several choices: percentages of voters are based on people."""

import io
import json
from typing import Any

import pytest
from openpyxl import load_workbook

from accounts.models import User
from polls.models import Poll, PollKind
from tests.conftest import ClientFor, MakePoll, actor_of, make_user, vote
from tests.votes.conftest import export_at_once
from votes.exports import ExportFormat

pytestmark = [pytest.mark.both, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def poll(alice: User, make_poll: MakePoll) -> Poll:
    """Ten people voted: all for the first option, five for the second, too."""
    poll = make_poll(kind=PollKind.MULTIPLE, options=["Cheese", "Ham", "Egg"])
    for number in range(10):
        vote(make_user(f"Voter {number}"), poll, *((0, 1) if number % 2 else (0,)))
    return poll


def test_results_have_the_number_of_people_and_their_shares(
    poll: Poll, client_for: ClientFor
) -> None:
    results = client_for(None).get(f"/api/polls/{poll.id}/results").json()["poll"]
    assert (results["totalVotes"], results["totalVoters"]) == (15, 10)
    assert [option["percentageOfVoters"] for option in results["options"]] == [100.0, 50.0, 0.0]
    # As before: shares of all choices, which sum to 100.
    assert [option["percentage"] for option in results["options"]] == [66.7, 33.3, 0.0]


@pytest.mark.parametrize("address", ["/api/polls/{id}", "/api/polls/code/{join_code}"])
def test_a_poll_has_the_number_of_people(poll: Poll, client_for: ClientFor, address: str) -> None:
    url = address.format(id=poll.id, join_code=poll.join_code)
    assert client_for(None).get(url).json()["poll"]["totalVoters"] == 10


def test_a_list_of_polls_has_it_too(poll: Poll, client_for: ClientFor) -> None:
    [shown] = client_for(None).get("/api/polls").json()["polls"]
    assert shown["totalVoters"] == 10


@pytest.mark.parametrize("visibility", ["after_vote", "after_close", "owner"])
def test_hidden_results_hide_how_many_people_voted(
    alice: User, poll: Poll, client_for: ClientFor, visibility: str
) -> None:
    Poll.objects.filter(id=poll.id).update(results_visibility=visibility)
    visitor = client_for(None)
    assert visitor.get(f"/api/polls/{poll.id}").json()["poll"]["totalVoters"] is None
    assert visitor.get("/api/polls").json()["polls"][0]["totalVoters"] is None
    assert client_for(alice).get(f"/api/polls/{poll.id}").json()["poll"]["totalVoters"] == 10


def exported(alice: User, poll: Poll, export_format: ExportFormat) -> bytes:
    return export_at_once(actor_of(alice), poll.id, export_format).content


def test_every_export_has_people_and_their_shares(alice: User, poll: Poll) -> None:
    results: dict[str, Any] = json.loads(exported(alice, poll, ExportFormat.JSON))["results"]
    assert results["totalVoters"] == 10
    lines = exported(alice, poll, ExportFormat.CSV).decode("utf-8-sig").splitlines()
    assert lines[0].startswith("Option,Votes,Percentage,Percentage of voters,")
    assert lines[1].startswith("Cheese,10,66.7,100.0,")
    workbook = load_workbook(io.BytesIO(exported(alice, poll, ExportFormat.XLSX)))
    rows = list(workbook["Results"].iter_rows(values_only=True))
    assert ("Cheese", 10, 66.7, 100) in rows
    assert ("Ballots", 10, None, None) in rows
