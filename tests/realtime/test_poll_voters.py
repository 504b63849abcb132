"""The number of voters in socket frames."""

import pytest

from accounts.models import User
from polls.models import PollKind, ResultsVisibility
from realtime.database import in_database
from tests.conftest import MakePoll, vote
from tests.realtime.conftest import Connect

pytestmark = pytest.mark.django_db(transaction=True)


async def test_snapshot_and_updates_count_people(
    bob: User, charlie: User, make_poll: MakePoll, connect: Connect
) -> None:
    poll = await in_database(lambda: make_poll(kind=PollKind.MULTIPLE))
    await in_database(vote, bob, poll, 0, 1)
    client = await connect()
    snapshot = (await client.join(poll.id))["poll"]
    assert (snapshot["totalVotes"], snapshot["totalVoters"]) == (2, 1)
    await in_database(vote, charlie, poll, 0)
    update = (await client.event("vote-update"))["poll"]
    assert (update["totalVotes"], update["totalVoters"]) == (3, 2)
    assert [option["percentageOfVoters"] for option in update["options"]] == [100.0, 50.0, 0.0]


async def test_the_legacy_endpoint_counts_people_too(
    bob: User, make_poll: MakePoll, connect: Connect
) -> None:
    poll = await in_database(lambda: make_poll(kind=PollKind.MULTIPLE))
    await in_database(vote, bob, poll, 0, 1)
    client = await connect(path=f"/ws/{poll.id}")
    snapshot = (await client.event("poll_update"))["poll"]
    assert (snapshot["total_voters"], snapshot["options"][0]["percentage_of_voters"]) == (1, 100.0)


async def test_a_snapshot_without_results_hides_the_number_of_voters(
    bob: User, make_poll: MakePoll, connect: Connect
) -> None:
    poll = await in_database(lambda: make_poll(results_visibility=ResultsVisibility.OWNER))
    await in_database(vote, bob, poll, 0)
    snapshot = (await (await connect()).join(poll.id))["poll"]
    assert snapshot["totalVoters"] is None
    assert snapshot["options"][0]["percentageOfVoters"] is None
