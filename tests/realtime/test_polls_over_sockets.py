"""Watching polls and voting over sockets."""

import asyncio
import threading
from collections.abc import Collection
from typing import Any
from uuid import UUID

import pytest

from accounts.models import User
from apikit.actors import Actor
from polls import services
from polls.editing import update_poll
from polls.models import Poll, ResultsVisibility
from polls.snapshots import get_snapshots_for
from realtime import Hub
from realtime.database import in_database
from tests.conftest import MakePoll, actor_of, option_ids, tallied, vote
from tests.realtime.conftest import Connect
from votes.services import retract_vote

pytestmark = [pytest.mark.both, pytest.mark.django_db(transaction=True)]


async def ids_of(poll: Poll) -> list[str]:
    return [str(option_id) for option_id in await in_database(option_ids, poll)]


async def test_joining_replies_with_the_snapshot(
    bob: User, make_poll: MakePoll, connect: Connect
) -> None:
    poll = await in_database(make_poll)
    await in_database(vote, bob, poll, 1)
    client = await connect()
    reply = await client.join(poll.id)
    ids = await ids_of(poll)
    head = reply.pop("head")
    assert (head["id"], head["state"]) == (str(poll.id), "open")
    assert "totalVotes" not in head
    assert "voteCount" not in head["options"][0]
    assert reply == {
        "type": "reply",
        "ref": 1,
        "status": "ok",
        "poll": {
            "id": str(poll.id),
            "question": "Tea or coffee?",
            "questionEditedAt": None,
            "originalQuestion": None,
            "totalVotes": 1,
            "totalVoters": 1,
            "options": [
                tallied(ids[0], "Tea", 0, 0.0),
                tallied(ids[1], "Coffee", 1, 100.0),
                tallied(ids[2], "Water", 0, 0.0),
            ],
            "tally": None,
            "version": 1,
        },
        "userCount": 1,
        "revision": 1,
    }


async def test_a_vote_over_rest_reaches_watchers(
    bob: User, make_poll: MakePoll, connect: Connect
) -> None:
    poll = await in_database(make_poll)
    client = await connect()
    await client.join(poll.id)
    await in_database(vote, bob, poll, 2)
    ids = await ids_of(poll)
    assert await client.event("vote-update", version=1) == {
        "type": "vote-update",
        "event": "vote-update",
        "version": 1,
        "poll": {
            "id": str(poll.id),
            "question": "Tea or coffee?",
            "questionEditedAt": None,
            "originalQuestion": None,
            "totalVotes": 1,
            "totalVoters": 1,
            "options": [
                tallied(ids[0], "Tea", 0, 0.0),
                tallied(ids[1], "Coffee", 0, 0.0),
                tallied(ids[2], "Water", 1, 100.0),
            ],
            "tally": None,
        },
        "newVote": {"optionId": ids[2], "optionText": "Water"},
    }


async def test_a_vote_over_a_socket_is_acknowledged_and_reaches_others(
    bob: User, make_poll: MakePoll, connect: Connect
) -> None:
    poll = await in_database(make_poll)
    voter, watcher = await connect(bob), await connect()
    await watcher.join(poll.id)
    ids = await ids_of(poll)
    reply = await voter.call("cast-vote", pollId=poll.id, pollOptionId=ids[0])
    assert reply["status"] == "ok"
    assert (reply["outcome"], reply["replayed"]) == ("accepted", False)
    assert reply["vote"]["optionText"] == "Tea"
    assert (await watcher.event("vote-update"))["poll"]["totalVotes"] == 1


async def test_voting_has_the_same_rules_as_over_rest(
    bob: User, make_poll: MakePoll, connect: Connect
) -> None:
    poll = await in_database(make_poll)
    client, ids = await connect(bob), await ids_of(poll)
    first = await client.call("cast-vote", pollId=poll.id, pollOptionId=ids[0], key="k")
    again = await client.call("cast-vote", poll_id=poll.id, poll_option_ids=[ids[0]], key="k")
    assert again == first | {"ref": 2, "replayed": True}
    other = await client.call("cast-vote", pollId=poll.id, pollOptionId=ids[1])
    assert (other["type"], other["code"]) == ("error", "vote.duplicate")
    assert other["vote"] == first["vote"]
    both = await client.call(
        "cast-vote", pollId=poll.id, pollOptionId=ids[1], pollOptionIds=[ids[2]]
    )
    assert both["code"] == "validation"


async def test_a_visitor_may_watch_and_not_vote(make_poll: MakePoll, connect: Connect) -> None:
    poll = await in_database(make_poll)
    client = await connect()
    await client.join(poll.id)
    refusal = await client.call("cast-vote", pollId=poll.id, pollOptionId=(await ids_of(poll))[0])
    assert refusal["code"] == "auth.required"
    assert refusal["message"].startswith("Authentication")


async def test_a_strangers_draft_and_a_missing_poll_look_the_same(
    alice: User, bob: User, make_poll: MakePoll, connect: Connect
) -> None:
    draft = await in_database(make_poll, is_published=False)
    client = await connect(bob)
    refusal = await client.call("join-poll", pollId=draft.id)
    missing = await client.call("join-poll", pollId=bob.id)
    assert refusal["code"] == "poll.not_found"
    assert refusal | {"ref": 0} == missing | {"ref": 0}
    assert (await (await connect(alice)).join(draft.id))["status"] == "ok"


async def test_a_client_that_left_gets_no_more_events(
    bob: User, make_poll: MakePoll, connect: Connect
) -> None:
    poll = await in_database(make_poll)
    stays, leaves = await connect(), await connect()
    for client in (stays, leaves):
        await client.join(poll.id)
    assert (await leaves.call("leave-poll", pollId=poll.id))["status"] == "ok"
    await in_database(vote, bob, poll, 0)
    await stays.event("vote-update")
    assert "vote-update" not in await leaves.names_seen()


async def test_leaving_a_poll_that_was_not_joined_is_no_error(
    make_poll: MakePoll, connect: Connect
) -> None:
    poll = await in_database(make_poll)
    assert (await (await connect()).call("leave-poll", pollId=poll.id))["status"] == "ok"


async def test_watchers_get_the_changes_of_a_poll(
    alice: User, make_poll: MakePoll, connect: Connect
) -> None:
    poll = await in_database(make_poll)
    actor, client = actor_of(alice), await connect()
    await client.join(poll.id)
    await in_database(services.close_poll, actor=actor, poll_id=poll.id)
    closed = await client.event("poll-update", change="closed")
    assert (closed["pollId"], closed["poll"]["state"]) == (str(poll.id), "closed")
    assert "totalVotes" not in closed["poll"]
    assert "voteCount" not in closed["poll"]["options"][0]
    await in_database(services.reopen_poll, actor=actor, poll_id=poll.id)
    opened = await client.event("poll-update", change="opened")
    assert opened["revision"] > closed["revision"]
    changes = {"question": "Coffee or tea?"}
    await in_database(update_poll, actor=actor, poll_id=poll.id, changes=changes)
    edited = await client.event("poll-update", change="edited")
    assert edited["poll"]["question"] == "Coffee or tea?"
    assert (await client.event("vote-update"))["poll"]["question"] == "Coffee or tea?"
    await in_database(services.delete_poll, actor=actor, poll_id=poll.id)
    assert (await client.event("poll-update", change="deleted"))["poll"] is None


async def test_a_client_that_rejoins_gets_the_changes_it_missed(
    alice: User, make_poll: MakePoll, connect: Connect
) -> None:
    poll = await in_database(make_poll)
    stays, returns = await connect(), await connect()
    before = await stays.join(poll.id)
    await returns.join(poll.id)
    await returns.close()
    await in_database(services.close_poll, actor=actor_of(alice), poll_id=poll.id)
    closed = await stays.event("poll-update", change="closed")
    after = await (await connect()).join(poll.id)
    assert (before["head"]["state"], after["head"]["state"]) == ("open", "closed")
    assert (after["revision"], after["head"]) == (closed["revision"], closed["poll"])


async def test_every_socket_gets_new_poll_for_a_public_poll(
    make_poll: MakePoll, connect: Connect
) -> None:
    client = await connect()
    await in_database(make_poll, is_published=False)
    shown = await in_database(make_poll, question="For everybody?")
    view = (await client.event("new-poll"))["poll"]
    assert (view["id"], view["question"]) == (str(shown.id), "For everybody?")
    assert (view["totalVotes"], view["version"]) == (0, 0)
    assert (await client.names_seen()).count("new-poll") == 0


async def test_joining_and_leaving_change_the_number_of_watchers(
    make_poll: MakePoll, connect: Connect
) -> None:
    poll = await in_database(make_poll)
    first, second = await connect(), await connect()
    await first.join(poll.id)
    assert (await second.join(poll.id))["userCount"] == 2
    assert await first.event("user-joined-poll", userCount=2) == {
        "type": "user-joined-poll",
        "event": "user-joined-poll",
        "pollId": str(poll.id),
        "userCount": 2,
    }
    await second.close()
    assert (await first.event("user-left-poll"))["userCount"] == 1


async def test_the_legacy_endpoint_joins_at_once_and_sends_snake_case(
    bob: User, make_poll: MakePoll, connect: Connect
) -> None:
    poll = await in_database(make_poll)
    client = await connect(path=f"/ws/{poll.id}")
    snapshot = await client.receive()
    assert snapshot["type"] == "poll_update"
    assert snapshot["poll"]["total_votes"] == 0
    await in_database(vote, bob, poll, 0)
    update = await client.event("poll_update")
    assert update["poll"]["total_votes"] == 1
    assert update["poll"]["options"][0]["vote_count"] == 1
    assert update["poll"]["version"] == 1


@pytest.mark.parametrize("name", ["nonsense", "01985c2e-8f10-7d52-b3a4-6a0c5e9d4f21"])
async def test_the_legacy_endpoint_reports_a_missing_poll_and_closes(
    connect: Connect, name: str
) -> None:
    client = await connect(path=f"/ws/{name}")
    assert await client.closed_with() == 4504
    assert '"code":"poll.not_found"' in client.seen[0]["text"]


# Access to the tally


async def numbers_in(reply: dict[str, Any]) -> set[Any]:
    poll = reply["poll"]
    return {poll["totalVotes"], poll["version"], poll["options"][0]["voteCount"]}


@pytest.mark.parametrize(
    "visibility",
    [
        ResultsVisibility.AFTER_VOTE,
        ResultsVisibility.AFTER_CLOSE,
        ResultsVisibility.OWNER,
    ],
)
async def test_hidden_results_go_only_to_users_with_access(
    alice: User,
    bob: User,
    charlie: User,
    staff: User,
    make_poll: MakePoll,
    connect: Connect,
    visibility: ResultsVisibility,
) -> None:
    poll = await in_database(make_poll, results_visibility=visibility)
    seeing = [await connect(alice), await connect(staff)]
    blind = [await connect(bob), await connect()]
    for client in seeing:
        assert None not in await numbers_in(await client.join(poll.id))
    for client in blind:
        assert await numbers_in(await client.join(poll.id)) == {None}
    await in_database(vote, charlie, poll, 0)
    for client in seeing:
        assert (await client.event("vote-update", version=1))["poll"]["totalVotes"] == 1
    for client in blind:
        assert "vote-update" not in await client.names_seen()


async def test_a_new_voter_gets_after_vote_results(
    bob: User, charlie: User, make_poll: MakePoll, connect: Connect
) -> None:
    poll = await in_database(make_poll, results_visibility=ResultsVisibility.AFTER_VOTE)
    phone, laptop, other = await connect(bob), await connect(bob), await connect(charlie)
    for client in (phone, laptop, other):
        await client.join(poll.id)
    await phone.call("cast-vote", pollId=poll.id, pollOptionId=(await ids_of(poll))[0])
    for client in (phone, laptop):
        assert (await client.event("vote-update", version=1))["poll"]["totalVotes"] == 1
    assert "vote-update" not in await other.names_seen()


async def test_a_voter_who_retracts_no_longer_gets_the_tally(
    alice: User, bob: User, charlie: User, make_poll: MakePoll, connect: Connect
) -> None:
    poll = await in_database(
        make_poll, results_visibility=ResultsVisibility.AFTER_VOTE, allow_change=True
    )
    owner, client = await connect(alice), await connect(bob)
    await in_database(vote, bob, poll, 0)
    for each in (owner, client):
        await each.join(poll.id)
    await in_database(retract_vote, actor=actor_of(bob), poll_id=poll.id)
    await in_database(vote, charlie, poll, 1)
    await owner.event("vote-update", version=3)
    assert "vote-update" not in await client.names_seen()
    assert await numbers_in(await client.join(poll.id)) == {None}


async def test_concurrent_joins_share_a_read_and_keep_their_own_access(
    alice: User,
    bob: User,
    make_poll: MakePoll,
    connect: Connect,
    hub: Hub,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    poll = await in_database(make_poll, results_visibility=ResultsVisibility.AFTER_CLOSE)
    asked, may_read, reads = asyncio.Semaphore(0), threading.Event(), []
    get = hub.reads.get

    async def signal_and_get(*args: Any) -> Any:
        asked.release()
        return await get(*args)

    def read(actors: Collection[Actor], poll_id: UUID) -> Any:
        assert may_read.wait(10)
        reads.append(len(actors))
        return get_snapshots_for(actors, poll_id)

    monkeypatch.setattr(hub.reads, "get", signal_and_get)
    monkeypatch.setattr("polls.live.get_snapshots_for", read)
    clients = [await connect(), await connect(alice), await connect(bob), await connect()]
    joining = []
    for client in clients:
        joining.append(asyncio.create_task(client.join(poll.id)))
        await asked.acquire()
    may_read.set()
    replies = [await each for each in joining]
    # One read for the first, one for the three others, where both visitors are the same actor.
    assert reads == [1, 3]
    assert [reply["poll"]["totalVotes"] for reply in replies] == [None, 0, None, None]


async def test_closing_shows_the_tally_and_reopening_hides_it(
    alice: User, bob: User, charlie: User, make_poll: MakePoll, connect: Connect
) -> None:
    poll = await in_database(make_poll, results_visibility=ResultsVisibility.AFTER_CLOSE)
    await in_database(vote, bob, poll, 0)
    actor, owner, client = actor_of(alice), await connect(alice), await connect(charlie)
    for each in (owner, client):
        await each.join(poll.id)
    await in_database(services.close_poll, actor=actor, poll_id=poll.id)
    assert (await client.event("vote-update"))["poll"]["totalVotes"] == 1
    await in_database(services.reopen_poll, actor=actor, poll_id=poll.id)
    await client.event("poll-update", change="opened")
    # The owner is resubscribed together with the others, so all of them are by this reply.
    assert await numbers_in(await client.join(poll.id)) == {None}
    await in_database(vote, charlie, poll, 1)
    await owner.event("vote-update", version=2)
    assert "vote-update" not in await client.names_seen()


async def test_results_hidden_by_an_edit_stop_at_once(
    alice: User, bob: User, make_poll: MakePoll, connect: Connect
) -> None:
    poll = await in_database(make_poll)
    owner, client = await connect(alice), await connect()
    for each in (owner, client):
        await each.join(poll.id)
    changes = {"results_visibility": ResultsVisibility.OWNER}
    await in_database(update_poll, actor=actor_of(alice), poll_id=poll.id, changes=changes)
    await client.event("poll-update", change="edited")
    assert await numbers_in(await client.join(poll.id)) == {None}
    await in_database(vote, bob, poll, 0)
    await owner.event("vote-update", version=1)
    assert "vote-update" not in await client.names_seen()


async def test_a_poll_hidden_by_a_moderator_is_deleted_for_watchers(
    staff: User, bob: User, make_poll: MakePoll, connect: Connect
) -> None:
    poll = await in_database(make_poll)
    client = await connect()
    await client.join(poll.id)
    await in_database(services.hide_poll, actor=actor_of(staff), poll_id=poll.id, reason="spam")
    assert (await client.event("poll-update"))["change"] == "deleted"
    assert (await client.call("join-poll", pollId=poll.id))["code"] == "poll.not_found"
