"""Authentication of sockets, refused sockets, and limits of sockets."""

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from pytest_django import Settings
from rest_framework_simplejwt.tokens import AccessToken

from accounts.models import User
from accounts.selectors import list_sign_ins
from accounts.services import end_access, suspend_user
from accounts.sign_in import change_password, end_sign_in, log_out, open_token_family
from accounts.tokens import read_access_token
from apikit.actors import Actor
from realtime.close_codes import CloseCode
from realtime.database import in_database
from realtime.hub import Hub
from tests.conftest import PASSWORD, MakePoll, access_token, actor_of, option_ids
from tests.realtime.conftest import Connect
from tests.sockets import SocketClient

pytestmark = [pytest.mark.both, pytest.mark.django_db(transaction=True)]


async def may_vote(client: SocketClient, make_poll: MakePoll) -> bool:
    """Whether the socket belongs to a user or guest."""
    poll = await in_database(make_poll)
    option_id = (await in_database(option_ids, poll))[0]
    reply = await client.call("cast-vote", pollId=poll.id, pollOptionId=option_id)
    return bool(reply["type"] == "reply")


async def test_a_token_in_the_address(bob: User, make_poll: MakePoll, connect: Connect) -> None:
    assert await may_vote(await connect(bob), make_poll)


async def test_a_token_as_subprotocol(bob: User, make_poll: MakePoll, connect: Connect) -> None:
    token = await in_database(access_token, bob)
    client = await connect(subprotocols=["bearer", token])
    assert client.subprotocol == "bearer"
    assert await may_vote(client, make_poll)


async def test_without_a_token_you_are_a_visitor(make_poll: MakePoll, connect: Connect) -> None:
    assert not await may_vote(await connect(), make_poll)


@pytest.mark.parametrize("endpoint", ["/ws", "/ws/01985c2e-8f10-7d52-b3a4-6a0c5e9d4f21"])
@pytest.mark.parametrize("token", ["nonsense", "a.b.c", "%00"])
async def test_an_invalid_token_is_refused(connect: Connect, token: str, endpoint: str) -> None:
    client = await connect(path=f"{endpoint}?token={token}")
    assert await client.closed_with() == 4401


async def test_an_expired_token_is_refused(bob: User, connect: Connect) -> None:
    token = AccessToken((await in_database(open_token_family, user=bob)).access)  # type: ignore[arg-type]
    token.set_exp(lifetime=timedelta(seconds=-1))
    assert await (await connect(path=f"/ws?token={token}")).closed_with() == 4401


async def test_a_refresh_token_is_refused(bob: User, connect: Connect) -> None:
    tokens = await in_database(open_token_family, user=bob)
    assert await (await connect(path=f"/ws?token={tokens.refresh}")).closed_with() == 4401


async def test_a_token_of_an_ended_sign_in_is_refused(bob: User, connect: Connect) -> None:
    tokens = await in_database(open_token_family, user=bob)
    await in_database(log_out, refresh_token=tokens.refresh)
    assert await (await connect(path=f"/ws?token={tokens.access}")).closed_with() == 4401


async def test_a_token_of_a_suspended_user_is_refused(
    bob: User, staff: User, connect: Connect
) -> None:
    token = await in_database(access_token, bob)
    await in_database(suspend_user, actor=actor_of(staff), user_id=bob.id, reason="spam")
    assert await (await connect(path=f"/ws?token={token}")).closed_with() == 4503


# Session cookies


def session_headers(user: User, origin: str | None, host: str = "polls.test") -> list[Any]:
    browser = Client()
    browser.force_login(user)
    cookie = "; ".join(f"{name}={morsel.value}" for name, morsel in browser.cookies.items())
    headers = [(b"host", host.encode()), (b"cookie", cookie.encode())]
    return headers if origin is None else [*headers, (b"origin", origin.encode())]


@pytest.mark.parametrize(
    ("origin", "host", "scheme", "is_ours"),
    [
        ("https://polls.test", "polls.test", "wss", True),
        ("http://polls.test", "polls.test", "ws", True),
        ("https://POLLS.test:443", "polls.TEST", "wss", True),
        ("https://polls.test", "polls.test:443", "wss", True),
        ("http://polls.test:8000", "polls.test:8000", "ws", True),
        ("http://[::1]:8000", "[::1]:8000", "ws", True),
        # The site's PUBLIC_URL, behind a proxy that terminates TLS without forwarding the scheme.
        ("http://localhost:8000", "polls.test", "ws", True),
        ("http://polls.test", "polls.test", "wss", False),
        ("https://polls.test", "polls.test", "ws", False),
        ("https://polls.test:8443", "polls.test", "wss", False),
        ("https://localhost:8000", "polls.test", "ws", False),
        ("https://evil.test", "polls.test", "wss", False),
        ("https://polls.test.evil.test", "polls.test", "wss", False),
        ("https://evil.test", "evil.test", "wss", False),
        ("null", "polls.test", "wss", False),
        ("file://", "polls.test", "wss", None),
        ("polls.test", "polls.test", "wss", None),
        (None, "polls.test", "wss", False),
    ],
)
async def test_a_session_counts_only_on_pages_of_the_site(
    bob: User,
    make_poll: MakePoll,
    connect: Connect,
    settings: Settings,
    origin: str | None,
    host: str,
    scheme: str,
    is_ours: bool | None,
) -> None:
    settings.ALLOWED_HOSTS = ["polls.test", "[::1]"]
    headers = await in_database(session_headers, bob, origin, host)
    client = await connect(headers=headers, scheme=scheme)
    if is_ours is None:
        assert await client.closed_with() == CloseCode.BAD_ORIGIN
    else:
        assert await may_vote(client, make_poll) is is_ours


@pytest.mark.parametrize("origin", ["http://[", "http://polls.test:99999", "http://", "x" * 5000])
async def test_a_malformed_origin_closes_the_socket(
    bob: User, connect: Connect, origin: str
) -> None:
    headers = await in_database(session_headers, bob, origin)
    assert await (await connect(headers=headers)).closed_with() == CloseCode.BAD_ORIGIN


async def test_a_session_of_a_suspended_user_is_ignored(
    bob: User, make_poll: MakePoll, connect: Connect
) -> None:
    headers = await in_database(session_headers, bob, "http://polls.test")
    await in_database(User.objects.filter(id=bob.id).update, is_active=False)
    assert not await may_vote(await connect(headers=headers), make_poll)


# Ended access


async def test_suspending_closes_all_sockets_of_the_user_and_no_others(
    bob: User, charlie: User, staff: User, connect: Connect
) -> None:
    phone, laptop, other = await connect(bob), await connect(bob), await connect(charlie)
    await in_database(suspend_user, actor=actor_of(staff), user_id=bob.id, reason="spam")
    assert [await phone.closed_with(), await laptop.closed_with()] == [4503, 4503]
    assert await other.names_seen() == []


async def test_signing_out_closes_the_sockets_of_that_sign_in_only(
    bob: User, connect: Connect
) -> None:
    tokens = await in_database(open_token_family, user=bob)
    here, elsewhere = await connect(path=f"/ws?token={tokens.access}"), await connect(bob)
    await in_database(log_out, refresh_token=tokens.refresh)
    assert await here.closed_with() == 4402
    assert await elsewhere.names_seen() == []


async def test_ending_the_sign_in_of_a_page_closes_its_sockets(bob: User, connect: Connect) -> None:
    headers = await in_database(session_headers, bob, "http://polls.test")
    here, elsewhere = await connect(headers=headers), await connect(bob)
    # The cookie and the token are separate sign-ins.
    [_, page_family] = await in_database(list_sign_ins, actor_of(bob))
    await in_database(end_sign_in, actor=actor_of(bob), family_id=page_family.id)
    assert await here.closed_with() == 4402
    assert await elsewhere.names_seen() == []


async def test_a_new_password_closes_the_sockets_of_other_sign_ins(
    bob: User, connect: Connect
) -> None:
    def set_password() -> tuple[str, Actor]:
        bob.set_password(PASSWORD)
        bob.save()
        token = access_token(bob)
        return token, read_access_token(token)

    token, actor = await in_database(set_password)
    here, elsewhere = await connect(path=f"/ws?token={token}"), await connect(bob)
    await in_database(
        change_password, actor=actor, current_password=PASSWORD, new_password="mule charger 9"
    )
    assert await elsewhere.closed_with() == 4402
    assert await here.names_seen() == []


async def test_ended_access_is_noticed_after_its_event_was_lost(
    bob: User, connect: Connect, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("accounts.services.publish", lambda _topic, _event: None)
    client = await connect(bob)
    await in_database(end_access, user_id=bob.id)
    assert await client.closed_with() == 4402


# Limits


async def test_the_sockets_of_a_user_are_bounded(
    bob: User, charlie: User, connect: Connect, settings: Settings
) -> None:
    settings.WS_MAX_SOCKETS_PER_USER = 2
    first, _ = await connect(bob), await connect(bob)
    assert await (await connect(bob)).closed_with() == 4529
    assert await (await connect(charlie)).names_seen() == []
    await first.close()
    assert await (await connect(bob)).names_seen() == []


async def test_a_full_process_asks_to_reconnect(connect: Connect, settings: Settings) -> None:
    settings.WS_MAX_SOCKETS = 1
    await connect()
    assert await (await connect()).closed_with() == 4002


async def test_one_address_leaves_room_for_others(connect: Connect, settings: Settings) -> None:
    settings.WS_MAX_SOCKETS = 4
    settings.WS_MAX_SOCKETS_PER_ADDRESS_PERCENT = 50
    first = await connect(address="192.0.2.1")
    await connect(address="192.0.2.1")
    assert await (await connect(address="192.0.2.1")).closed_with() == 4003
    assert await (await connect(address="192.0.2.2")).names_seen() == []
    await first.close()
    assert await (await connect(address="192.0.2.1")).names_seen() == []


async def test_an_ipv6_network_counts_as_one_address(connect: Connect, settings: Settings) -> None:
    settings.WS_MAX_SOCKETS = 4
    settings.WS_MAX_SOCKETS_PER_ADDRESS_PERCENT = 25
    await connect(address="2001:db8::1")
    assert await (await connect(address="2001:db8::2")).closed_with() == 4003
    assert await (await connect(address="2001:db8:0:1::1")).names_seen() == []


async def test_every_address_may_open_one_socket(connect: Connect, settings: Settings) -> None:
    settings.WS_MAX_SOCKETS = 2
    settings.WS_MAX_SOCKETS_PER_ADDRESS_PERCENT = 1
    assert await (await connect(address="192.0.2.1")).names_seen() == []


async def test_an_idle_socket_of_a_visitor_is_closed(
    connect: Connect, settings: Settings, hub: Hub
) -> None:
    settings.WS_IDLE_SECONDS = 1
    assert await (await connect()).closed_with() == CloseCode.IDLE


async def test_sockets_of_users_and_active_sockets_stay_open(
    bob: User, make_poll: MakePoll, connect: Connect, settings: Settings, hub: Hub
) -> None:
    settings.WS_IDLE_SECONDS = 60
    poll = await in_database(make_poll)
    idle, asking, following, somebody = [await connect(user) for user in (None, None, None, bob)]
    await following.join(poll.id)
    for connection in hub.connections:
        connection.last_command_s -= 61
    await asking.call("ping")
    for connection in hub.connections:
        connection.close_if_idle(hub.now_s())
    assert await idle.closed_with() == CloseCode.IDLE
    for client in (asking, following, somebody):
        assert (await client.call("ping"))["status"] == "ok"


@pytest.mark.parametrize("code", CloseCode)
def test_every_close_code_has_a_policy_and_a_reason(code: CloseCode) -> None:
    assert 4000 <= code < 5000
    assert 0 < len(code.reason.encode()) <= 123
    assert ("Reconnect" in code.reason) == (code < 4500)
