"""Socket events caused by moderation in the admin."""

import pytest

from accounts.models import User
from realtime.close_codes import CloseCode
from realtime.database import in_database
from tests.conftest import MakePoll, vote
from tests.moderation_client import ModerationClient
from tests.realtime.conftest import Connect

pytestmark = [pytest.mark.both, pytest.mark.django_db(transaction=True)]


async def test_a_suspended_users_sockets_close_and_watchers_see_the_votes_go(
    make_poll: MakePoll, bob: User, charlie: User, staff: User, connect: Connect
) -> None:
    poll = await in_database(make_poll)
    await in_database(vote, bob, poll, 0)
    suspended, watcher = await connect(bob), await connect(charlie)
    await watcher.join(poll.id)
    moderator = await in_database(ModerationClient, staff)
    await in_database(lambda: moderator.act("suspend_users", bob, reason="Spam.", votes="withdraw"))
    assert await suspended.closed_with() == CloseCode.SUSPENDED
    update = await watcher.event("vote-update", version=2)
    assert update["poll"]["totalVotes"] == 0


async def test_a_poll_edited_hidden_and_deleted_in_the_admin_is_news(
    make_poll: MakePoll, charlie: User, staff: User, connect: Connect
) -> None:
    poll = await in_database(make_poll)
    watcher = await connect(charlie)
    await watcher.join(poll.id)
    moderator = await in_database(ModerationClient, staff)
    await in_database(lambda: moderator.save(poll, question="Juice or water?"))
    assert (await watcher.event("poll-update", change="edited"))["poll"]["question"] == (
        "Juice or water?"
    )
    await in_database(lambda: moderator.act("delete_selected", poll, reason="x"))
    await watcher.event("poll-update", change="deleted")
