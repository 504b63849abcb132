"""``FEATURE_PUBLIC_DRAFTS``: on, the id of a draft is enough to read it; off, it is missing."""

from typing import Any

import httpx
import pytest
from django.utils import timezone
from pytest_django import Settings

from accounts.models import User
from polling_site.fast_path.middleware import FastPath
from polls.models import Poll
from realtime.database import in_database
from tests.conftest import PASSWORD, ClientFor, MakePoll, option_ids
from tests.polls.conftest import refusal_of
from tests.realtime.conftest import Connect, connect, hub  # noqa: F401 - fixtures

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def draft(make_poll: MakePoll) -> Poll:
    return make_poll(is_published=False)


async def fast_read(address: str) -> httpx.Response:
    """What the fast path answers; it must not pass the request on."""

    async def pass_on(*_: Any) -> None:
        raise AssertionError("not answered by the fast path")

    transport = httpx.ASGITransport(app=FastPath(pass_on))
    async with httpx.AsyncClient(transport=transport, base_url="http://localhost") as client:
        return await client.get(address)


@pytest.mark.parametrize("is_on", [False, True])
async def test_reading_by_id_depends_on_the_setting(
    draft: Poll, charlie: User, client_for: ClientFor, settings: Settings, is_on: bool
) -> None:
    settings.FEATURE_PUBLIC_DRAFTS = is_on
    address = f"/api/polls/{draft.id}"

    def statuses() -> list[int]:
        return [client_for(who).get(address).status_code for who in (None, charlie)]

    expected = 200 if is_on else 404
    assert await in_database(statuses) == [expected] * 2
    assert (await fast_read(address)).status_code == expected


def test_a_refused_draft_reads_like_a_missing_poll(draft: Poll, client_for: ClientFor) -> None:
    visitor = client_for(None)
    missing = visitor.get("/api/polls/01985c2e-8f10-7d52-b3a4-6a0c5e9d4f21")
    assert visitor.get(f"/api/polls/{draft.id}").content == missing.content


@pytest.mark.parametrize("is_on", [False, True])
def test_nothing_but_reading_by_id_changes(
    draft: Poll, charlie: User, client_for: ClientFor, settings: Settings, is_on: bool
) -> None:
    settings.FEATURE_PUBLIC_DRAFTS = is_on
    client, address = client_for(charlie), f"/api/polls/{draft.id}"
    assert client.get("/api/polls").json()["polls"] == []
    for path in ("/results", "/timeline", "/export", "/my-vote"):
        assert refusal_of(client.get(address + path)) == (404, "poll.not_found")
    assert refusal_of(client.get(f"/api/polls/code/{draft.join_code}")) == (404, "poll.not_found")
    assert refusal_of(client.patch(address, {"allowChange": True})) == (404, "poll.not_found")
    assert refusal_of(client.put(f"{address}/publish")) == (404, "poll.not_found")
    ballot = {"pollOptionId": str(option_ids(draft)[0])}
    assert refusal_of(client.post(f"{address}/vote", ballot)) == (404, "poll.not_found")
    assert client_for(None).get(f"/p/{draft.join_code}").status_code == 404


@pytest.mark.parametrize("is_on", [False, True])
async def test_a_socket_does_not_join_it(
    draft: Poll,
    connect: Connect,  # noqa: F811
    settings: Settings,
    is_on: bool,
) -> None:
    settings.FEATURE_PUBLIC_DRAFTS = is_on
    client = await connect()
    assert (await client.call("join-poll", pollId=draft.id))["code"] == "poll.not_found"


def test_a_hidden_draft_stays_hidden(
    draft: Poll, client_for: ClientFor, settings: Settings
) -> None:
    settings.FEATURE_PUBLIC_DRAFTS = True
    Poll.objects.filter(id=draft.id).update(hidden_at=timezone.now())
    assert client_for(None).get(f"/api/polls/{draft.id}").status_code == 404


def test_a_script_for_older_apis_passes_in_its_own_order(
    db: None, client_for: ClientFor, settings: Settings
) -> None:
    settings.FEATURE_PUBLIC_DRAFTS = True
    client = client_for(None)
    assert client.get("/health").json()["status"] == "OK"
    account = {"name": "Ada", "email": "ada@example.org", "password": PASSWORD}
    assert client.post("/api/auth/register", account).status_code == 201
    credentials = {"email": account["email"], "password": PASSWORD}
    signed_in = client.post("/api/auth/login", credentials)
    token = signed_in.json()["tokens"]["accessToken"]
    other = account | {"email": "bob@example.org"}
    assert client.post("/api/users", other).status_code == 201
    bearer = {"Authorization": f"Bearer {token}"}
    asked = {"question": "Tea or coffee?", "options": [{"text": "Tea"}, {"text": "Coffee"}]}
    poll = client.post("/api/polls", asked, headers=bearer).json()["poll"]
    address = f"/api/polls/{poll['id']}"
    assert client.get(address).json()["poll"]["isPublished"] is False  # without a token
    assert client.put(f"{address}/publish", headers=bearer).status_code == 200
    assert client.get("/api/polls").json()["pagination"]["totalCount"] == 1
    ballot = {"pollOptionId": poll["options"][0]["id"]}
    assert client.post(f"{address}/vote", ballot, headers=bearer).status_code == 201
    assert client.get(f"{address}/results").json()["poll"]["totalVotes"] == 1
    assert len(client.get("/api/votes/my-votes", headers=bearer).json()["votes"]) == 1
    assert client.post(f"{address}/vote", ballot, headers=bearer).status_code == 409
    assert client.get("/api/auth/me").status_code == 401
