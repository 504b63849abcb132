"""``server.unavailable`` means that nothing was changed; where that is unknown, another code."""

from types import SimpleNamespace
from typing import Any

import pytest
from django.db import (
    DEFAULT_DB_ALIAS,
    InterfaceError,
    OperationalError,
    connection,
    connections,
    transaction,
)

from accounts.models import User
from apikit import exception_handler
from polls import editing, selectors, services
from polls.models import Poll
from tests.conftest import ClientFor, MakePoll
from tests.polls.conftest import refusal_of

pytestmark = pytest.mark.django_db(transaction=True)

BODY = {"question": "Tea or coffee?", "options": ["Tea", "Coffee"]}
LOST = SimpleNamespace(connection=SimpleNamespace(closed=True))
CLOSED = SimpleNamespace(connection=None)
ALIVE = SimpleNamespace(connection=SimpleNamespace(closed=False))


@pytest.mark.parametrize("error", [OperationalError, InterfaceError])
@pytest.mark.parametrize(
    ("state", "code"),
    [(LOST, "server.in_doubt"), (CLOSED, "server.in_doubt"), (ALIVE, "server.unavailable")],
)
def test_a_write_whose_connection_broke_may_have_been_made(
    alice: User,
    client_for: ClientFor,
    monkeypatch: pytest.MonkeyPatch,
    error: type[Exception],
    state: Any,
    code: str,
) -> None:
    def fail(**_: Any) -> None:
        raise error("server closed the connection unexpectedly")

    monkeypatch.setattr(services, "create_poll", fail)
    monkeypatch.setattr(exception_handler, "connection", state)
    answer = client_for(alice).post("/api/polls", BODY)
    assert refusal_of(answer) == (503, code)
    assert answer.headers["Retry-After"] == "1"


def test_a_read_changes_nothing_whatever_breaks(
    client_for: ClientFor, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: Any) -> None:
        raise OperationalError("server closed the connection unexpectedly")

    monkeypatch.setattr(selectors, "list_polls_for", fail)
    monkeypatch.setattr(exception_handler, "connection", LOST)
    assert refusal_of(client_for(None).get("/api/polls")) == (503, "server.unavailable")


def test_a_database_that_was_never_reached_changed_nothing(
    client_for: ClientFor, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: Any) -> None:
        raise OperationalError("connection refused")

    client = client_for(None)
    connection.close()
    used = connections[DEFAULT_DB_ALIAS]
    monkeypatch.setattr(used, "get_new_connection", refuse)
    monkeypatch.setattr(used, "connection", None)
    answer = client.post("/api/auth/guest", {})
    monkeypatch.undo()
    assert refusal_of(answer) == (503, "server.unavailable")


@pytest.mark.services
@pytest.mark.parametrize("method", ["put", "patch", "delete"])
def test_the_server_ends_the_connection_within_a_write(
    alice: User,
    make_poll: MakePoll,
    client_for: ClientFor,
    monkeypatch: pytest.MonkeyPatch,
    method: str,
) -> None:
    def end_the_connection(**_: Any) -> None:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SELECT pg_terminate_backend(pg_backend_pid())")

    monkeypatch.setattr(editing, "update_poll", end_the_connection)
    monkeypatch.setattr(services, "delete_poll", end_the_connection)
    poll, client = make_poll(), client_for(alice)
    answer = getattr(client, method)(f"/api/polls/{poll.id}", {"question": "Juice or water?"})
    assert refusal_of(answer) == (503, "server.in_doubt")
    assert Poll.objects.filter(id=poll.id).exists()
