"""``server.unavailable`` means that nothing was changed; otherwise the code is another one."""

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
from polls import editing, selectors, services
from polls.models import Poll
from tests.conftest import ClientFor, MakePoll
from tests.polls.conftest import refusal_of

pytestmark = [pytest.mark.both, pytest.mark.django_db(transaction=True)]

BODY = {"question": "Tea or coffee?", "options": ["Tea", "Coffee"]}


class DriverError(Exception):
    """A psycopg error with an SQLSTATE."""

    def __init__(self, sqlstate: str | None) -> None:
        super().__init__("server closed the connection unexpectedly")
        self.sqlstate = sqlstate


@pytest.mark.parametrize("error", [OperationalError, InterfaceError])
@pytest.mark.parametrize(
    ("cause", "code"),
    [
        (DriverError(None), "server.in_doubt"),
        (DriverError("57P01"), "server.in_doubt"),
        (DriverError("08006"), "server.in_doubt"),
        (DriverError("57014"), "server.unavailable"),
        (DriverError("40P01"), "server.unavailable"),
        (None, "server.unavailable"),
    ],
)
def test_a_write_whose_connection_broke_may_have_been_made(
    alice: User,
    client_for: ClientFor,
    monkeypatch: pytest.MonkeyPatch,
    error: type[Exception],
    cause: Exception | None,
    code: str,
) -> None:
    def fail(**_: Any) -> None:
        raise error("the database failed") from cause

    monkeypatch.setattr(services, "create_poll", fail)
    response = client_for(alice).post("/api/polls", BODY)
    assert refusal_of(response) == (503, code)
    assert response.headers["Retry-After"] == "1"


def test_a_read_changes_nothing_whatever_breaks(
    client_for: ClientFor, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: Any) -> None:
        raise OperationalError("the database failed") from DriverError(None)

    monkeypatch.setattr(selectors, "list_polls_for", fail)
    assert refusal_of(client_for(None).get("/api/polls")) == (503, "server.unavailable")


def test_a_database_that_was_never_reached_changed_nothing(
    client_for: ClientFor, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: Any) -> None:
        raise OperationalError("connection refused") from DriverError(None)

    client = client_for(None)
    connection.close()
    used = connections[DEFAULT_DB_ALIAS]
    monkeypatch.setattr(used, "get_new_connection", refuse)
    monkeypatch.setattr(used, "connection", None)
    response = client.post("/api/auth/guest", {})
    monkeypatch.undo()
    assert refusal_of(response) == (503, "server.unavailable")


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
    response = getattr(client, method)(f"/api/polls/{poll.id}", {"question": "Juice or water?"})
    assert refusal_of(response) == (503, "server.in_doubt")
    assert Poll.objects.filter(id=poll.id).exists()
