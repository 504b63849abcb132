"""Events of the members' own: relayed to the others, bounded, never stored."""

from typing import Any

import pytest

from accounts.models import User
from apikit.ids import new_id
from realtime.database import in_database
from realtime.events import EVENTS
from realtime.hub import Hub
from tests.conftest import make_user
from tests.realtime.conftest import Connect
from tests.sockets import SocketClient
from tests.workspaces.rows import add_row, make_project
from workspaces import live_rates
from workspaces.live_rates import BURST_UNITS, FairRate, cost_of
from workspaces.live_relay import PAYLOAD_MAX_BYTES, is_allowed_name
from workspaces.models import Activity, Project
from workspaces.permissions import Role

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def project(alice: User, bob: User) -> Project:
    return make_project((alice, Role.OWNER), (bob, Role.VIEWER))


async def joined(connect: Connect, user: User, project: Project) -> SocketClient:
    client = await connect(user)
    assert (await client.call("join-project", projectId=project.id))["type"] == "reply"
    return client


@pytest.mark.both
@pytest.mark.parametrize("name", ["file-changed", "cursor-moved", "a1-b2-c3"])
async def test_events_are_relayed_to_the_other_members(
    name: str, project: Project, alice: User, bob: User, connect: Connect
) -> None:
    sender, own = await joined(connect, bob, project), await joined(connect, bob, project)
    receiver = await joined(connect, alice, project)
    payload = {"path": "agenda.md", "snake_case": [1, None, {"camelCase": True}]}
    assert (await sender.call(name, payload=payload))["type"] == "reply"
    got = await receiver.event(name)
    assert got | {"timestamp": ""} == {
        "type": name,
        "event": name,
        "projectId": str(project.id),
        "payload": payload,
        "user": {"id": str(bob.id), "name": "Bob"},
        "timestamp": "",
    }
    assert name not in await sender.names_seen() + await own.names_seen()
    assert not await in_database(Activity.objects.exists)


async def test_without_a_joined_project_other_names_are_unknown_commands(
    project: Project, alice: User, connect: Connect
) -> None:
    client = await connect(alice)
    assert (await client.call("cursor-moved", payload=1))["code"] == "socket.unknown_command"
    assert (await client.call("file-changed", payload=1))["code"] == "project.not_joined"
    await client.call("join-project", projectId=project.id)
    await client.call("leave-project", projectId=project.id)
    assert (await client.call("cursor-moved", payload=1))["code"] == "socket.unknown_command"


OTHER_NAMES = (
    *("filechanged", "File-changed", "file_changed", "file--changed", "-file", "file-", "1-a"),
    *(f"x-{'y' * 39}", "poll-exploded", "user-joined", "new-poll", "error-x", "ä-b", "a b-c"),
)


@pytest.mark.parametrize("name", OTHER_NAMES)
async def test_other_names_are_refused(
    name: str, project: Project, alice: User, connect: Connect
) -> None:
    client = await joined(connect, alice, project)
    assert (await client.call(name, payload=1))["code"] == "socket.unknown_command"


def test_no_name_of_the_product_is_allowed() -> None:
    assert [name for name in EVENTS if is_allowed_name(name)] == ["file-changed"]


async def test_with_several_projects_one_must_be_named(
    project: Project, alice: User, bob: User, connect: Connect
) -> None:
    other = await in_database(make_project, (alice, Role.OWNER), (bob, Role.OWNER))
    client, receiver = await joined(connect, alice, project), await joined(connect, bob, other)
    await client.call("join-project", projectId=other.id)
    assert (await client.call("file-changed", payload=1))["code"] == "project.not_joined"
    refused = await client.call("file-changed", payload=1, projectId=new_id())
    assert refused["code"] == "project.not_joined"
    reply = await client.call("file-changed", payload=1, projectId=other.id)
    assert reply["type"] == "reply"
    assert (await receiver.event("file-changed"))["projectId"] == str(other.id)


async def test_payloads_are_bounded(
    project: Project, alice: User, bob: User, connect: Connect
) -> None:
    client, receiver = await joined(connect, alice, project), await joined(connect, bob, project)
    # With two quotation marks.
    largest = "x" * (PAYLOAD_MAX_BYTES - 2)
    refused = await client.call("file-changed", payload=f"{largest}x")
    assert refused["code"] == "project.event_too_large"
    assert "8 KiB" in refused["message"]
    assert (await client.call("file-changed", payload=largest))["type"] == "reply"
    assert (await receiver.event("file-changed"))["payload"] == largest
    assert (await client.call("file-changed"))["code"] == "validation"
    assert (await client.call("file-changed", payload=1, extra=1))["code"] == "validation"


async def test_somebody_who_sends_too_much_is_told_when_to_go_on(
    project: Project, alice: User, connect: Connect, hub: Hub, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(live_rates, "MEMBER_UNITS_PER_SECOND", 0.1)
    client = await joined(connect, alice, project)
    answers = [await client.call("file-changed", payload=1) for _ in range(int(BURST_UNITS) + 1)]
    assert [each["type"] for each in answers[:-1]] == ["reply"] * int(BURST_UNITS)
    assert answers[-1]["code"] == "project.too_many_events"
    assert 0 < answers[-1]["retryAfterSeconds"] <= 10


def test_large_events_cost_more() -> None:
    assert [cost_of(size) for size in (0, 1023, 1024, PAYLOAD_MAX_BYTES)] == [1, 1, 2, 9]


def sent(rate: FairRate, people: dict[int, int], seconds: int) -> dict[int, int]:
    """How many events each person gets through, who tries so many times per tenth of a second."""
    passed = dict.fromkeys(people, 0)
    for step in range(10 * seconds):
        for person, tries in people.items():
            for _ in range(tries):
                passed[person] += rate.take(person, 1, step / 10) == 0
    return passed


def test_many_who_send_too_much_share_the_project_and_a_quiet_member_always_passes() -> None:
    flooding = dict.fromkeys(range(20), 5)
    quiet = 99
    passed = sent(FairRate(), flooding, 20)
    # Fifty a second for all of them, after a first burst.
    assert sum(passed.values()) <= 20 * 50 + 20 * BURST_UNITS
    assert max(passed.values()) - min(passed.values()) <= 1
    rate = FairRate()
    sent(rate, flooding, 20)
    for step in range(20):
        for person in flooding:
            rate.take(person, 1, 20 + step)
        assert rate.take(quiet, 1, 20 + step) == 0


def test_budgets_are_forgotten_only_once_they_are_full() -> None:
    rate = FairRate()
    for _ in range(int(BURST_UNITS)):
        assert rate.take(1, 1, 0.0) == 0
    rate.forget_quiet(1.0)
    assert not rate.is_unused
    assert rate.take(1, 15, 1.0) > 0
    rate.forget_quiet(4.0)
    assert rate.is_unused


def test_a_long_quiet_time_saves_no_more_than_a_burst() -> None:
    rate = FairRate()
    assert rate.take(1, 1, 0.0) == 0
    assert rate.take(1, BURST_UNITS, 3600.0) == 0
    assert rate.take(1, 1, 3600.0) > 0


async def test_staff_and_many_members_get_events(
    project: Project, alice: User, staff: User, connect: Connect
) -> None:
    await in_database(add_row, project, await in_database(make_user, "Dora"), Role.COLLABORATOR)
    sender, receiver = await joined(connect, alice, project), await joined(connect, staff, project)
    await sender.call("file-changed", payload=None)
    got: dict[str, Any] = await receiver.event("file-changed")
    assert got["payload"] is None
