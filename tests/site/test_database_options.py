"""Options and timeouts of connections to PostgreSQL and Redis."""

import select
import socket
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from channels.layers import get_channel_layer
from django.conf import settings
from django.db import OperationalError, connection, transaction
from redis.asyncio import ConnectionPool

from apikit.postgres.bounded_connections import BoundedConnection, response_timeout_s
from apikit.postgres.dedicated_connection import use_dedicated_connection
from polling_site.config.connection_options import is_serving, redis_options, serving_options
from polling_site.management.commands import run

LIMITS = {
    "lock_timeout": "10s",
    "statement_timeout": "20s",
    "idle_in_transaction_session_timeout": "20s",
    "tcp_keepalives_idle": "10",
    "tcp_keepalives_interval": "5",
    "tcp_keepalives_count": "4",
    "tcp_user_timeout": "30000",
}


def assert_notices_silence(sock: socket.socket) -> None:
    """Asserts that a silent peer is detected within half a minute."""
    assert sock.getsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE) == 1
    idle_s, interval_s, count = (
        sock.getsockopt(socket.IPPROTO_TCP, option)
        for option in (socket.TCP_KEEPIDLE, socket.TCP_KEEPINTVL, socket.TCP_KEEPCNT)
    )
    assert idle_s + interval_s * count <= 30
    assert sock.getsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT) == 30_000


def assert_is_limited() -> None:
    """Asserts the timeouts of this thread's connection: client, server and TCP."""
    connection.ensure_connection()
    used: Any = connection.connection
    assert isinstance(used, BoundedConnection)
    with socket.socket(fileno=socket.dup(used.pgconn.socket)) as sock:
        assert_notices_silence(sock)
    with connection.cursor() as cursor:
        found = {}
        for name in LIMITS:
            cursor.execute("SELECT current_setting(%s)", [name])
            [found[name]] = cursor.fetchone()
        assert found == LIMITS


@pytest.mark.services
@pytest.mark.django_db
def test_connections_of_the_pool_are_limited() -> None:
    assert_is_limited()


@pytest.mark.services
@pytest.mark.django_db
def test_the_vote_writers_connection_is_limited_too() -> None:
    def use() -> None:
        use_dedicated_connection()
        try:
            assert_is_limited()
        finally:
            connection.close()

    with ThreadPoolExecutor() as threads:
        threads.submit(use).result()


@pytest.mark.services
@pytest.mark.django_db
def test_run_migrates_without_limits(monkeypatch: pytest.MonkeyPatch) -> None:
    """A migration may take an hour, and `make run` does it in the process that serves."""
    limits: list[tuple[str, ...]] = []

    def note_limits(command: str, **_: Any) -> None:
        if command != "migrate":
            return
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT current_setting('statement_timeout'), current_setting('lock_timeout'),"
                " current_setting('idle_in_transaction_session_timeout')"
            )
            limits.append(cursor.fetchone())
        assert not isinstance(connection.connection, BoundedConnection)

    monkeypatch.setattr(run, "call_command", note_limits)
    monkeypatch.setattr("polling_site.demo.seeding.is_empty", lambda: False)
    run.Command()._prepare()
    assert limits == [("0", "0", "0")]
    assert_is_limited()


@pytest.mark.parametrize(
    ("argv", "serves"),
    [
        (["manage.py", "serve"], True),
        (["/srv/manage.py", "run"], True),
        (["/usr/bin/uvicorn", "polling_site.asgi:application"], True),
        (["/lib/uvicorn/__main__.py", "polling_site.asgi:application"], True),
        (["manage.py", "migrate"], False),
        (["/usr/bin/django-admin", "migrate"], False),
        (["/lib/django/__main__.py", "migrate"], False),
        (["manage.py"], False),
    ],
)
def test_only_a_process_that_serves_has_limits(argv: list[str], serves: bool) -> None:
    assert is_serving(argv) is serves


@pytest.mark.services
@pytest.mark.django_db(transaction=True)
def test_a_transaction_ended_for_idling_is_not_a_server_error() -> None:
    """psycopg raises an internal error, which would become a 500."""
    with (  # noqa: PT012 - the block is what is left open
        pytest.raises(OperationalError, match="idle-in-transaction"),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute("SET LOCAL idle_in_transaction_session_timeout = '50ms'")
        used: Any = connection.connection
        # Until the server says that it ends the session.
        assert select.select([used.pgconn.socket], [], [], 10)[0]
        cursor.execute("SELECT 1")


@pytest.mark.services
async def test_a_silent_channel_layer_times_out() -> None:
    layer: Any = get_channel_layer()
    await layer.new_channel()
    pubsub: Any = layer._shards[0]._pubsub
    assert_notices_silence(pubsub.connection._writer.get_extra_info("socket"))
    assert pubsub.connection.socket_timeout == 5
    await layer.flush()


@pytest.mark.parametrize("url", ["redis://h", "rediss://h:1/2", "unix:///run/redis.sock"])
def test_every_kind_of_redis_address_takes_the_options(url: str) -> None:
    options = redis_options(url)
    pool: Any = ConnectionPool.from_url(options.pop("address"), **options)
    assert pool.make_connection().socket_connect_timeout == 2


def test_options_in_database_url_take_precedence() -> None:
    given = {"options": "-c statement_timeout=1h"}
    limits = {"pool_max": 1, "lock_timeout_s": 1, "statement_timeout_s": 2}
    words = serving_options(given, **limits)["options"].split()
    assert words.index("statement_timeout=2s") < words.index("statement_timeout=1h")


def test_a_server_gets_longer_to_answer_than_it_gives_itself() -> None:
    limit_s = response_timeout_s()
    assert limit_s is not None
    assert limit_s > settings.DATABASE_STATEMENT_TIMEOUT_SECONDS


def test_without_a_limit_for_statements_answers_may_take_any_time(settings: Any) -> None:
    settings.DATABASE_STATEMENT_TIMEOUT_SECONDS = 0
    assert response_timeout_s() is None
