"""Socket frames after a question is edited during voting."""

import pytest

from accounts.models import User
from polls.editing import update_poll
from realtime.database import in_database
from tests.conftest import MakePoll, actor_of, vote
from tests.realtime.conftest import Connect

pytestmark = pytest.mark.django_db(transaction=True)


async def test_updates_and_snapshots_hold_the_earlier_question(
    alice: User, bob: User, make_poll: MakePoll, connect: Connect
) -> None:
    poll = await in_database(make_poll)
    await in_database(vote, bob, poll, 0)
    watcher = await connect()
    joined = await watcher.join(poll.id)
    assert (joined["head"]["originalQuestion"], joined["poll"]["originalQuestion"]) == (None, None)

    def reword() -> None:
        update_poll(actor=actor_of(alice), poll_id=poll.id, changes={"question": "Juice?"})

    await in_database(reword)
    head = (await watcher.event("poll-update"))["poll"]
    assert (head["question"], head["originalQuestion"]) == ("Juice?", "Tea or coffee?")
    tally = (await watcher.event("vote-update"))["poll"]
    assert (tally["question"], tally["originalQuestion"]) == ("Juice?", "Tea or coffee?")
    snapshot = await (await connect()).join(poll.id)
    assert snapshot["head"]["originalQuestion"] == "Tea or coffee?"
    assert snapshot["poll"]["originalQuestion"] == "Tea or coffee?"
