"""``/health`` while the database can be read but not written."""

from collections.abc import Iterator

import pytest
from django.db import OperationalError, connection
from django.test.utils import CaptureQueriesContext
from rest_framework.test import APIClient

from apikit.models import StorageProbe
from apikit.storage_probe import SIZE_BYTES, probe_storage
from tests.conftest import MakePoll


def execute(sql: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(sql)


@pytest.fixture
def read_only_database(db: None, make_poll: MakePoll) -> Iterator[str]:
    """The id of a poll in a database that refuses writes, like a standby."""
    poll = make_poll()
    if connection.vendor == "sqlite":
        execute("PRAGMA query_only = ON")
        yield str(poll.id)
        execute("PRAGMA query_only = OFF")
    else:
        execute("SET default_transaction_read_only = on")
        yield str(poll.id)
        # Or the pool would hand it to other tests like this.
        execute("SET default_transaction_read_only = off")


@pytest.mark.both
@pytest.mark.django_db(transaction=True)
def test_a_read_only_database_is_reported_and_still_serves_reads(
    visitor: APIClient, read_only_database: str
) -> None:
    health = visitor.get("/health")
    assert (health.status_code, health.json()["checks"]["database"]) == (503, "failing")
    assert visitor.get("/health/ready").status_code == 200
    assert visitor.get(f"/api/polls/{read_only_database}").status_code == 200
    refused = visitor.post("/api/auth/guest", {})
    assert (refused.status_code, refused.json()["code"]) == (503, "server.unavailable")


@pytest.mark.django_db(transaction=True)
def test_a_full_disk_is_reported(visitor: APIClient) -> None:
    execute("VACUUM")
    with connection.cursor() as cursor:
        cursor.execute("PRAGMA page_count")
        [pages] = cursor.fetchone()
        cursor.execute(f"PRAGMA max_page_count = {pages}")
    with pytest.raises(OperationalError, match="full"):
        probe_storage()
    assert visitor.get("/health").json()["checks"]["database"] == "failing"
    connection.close()
    assert visitor.get("/health").json()["checks"]["database"] == "ok"


@pytest.mark.both
@pytest.mark.django_db
def test_frequent_requests_write_once(visitor: APIClient) -> None:
    assert visitor.get("/health").status_code == 200
    [row] = StorageProbe.objects.all()
    assert len(row.filler) == SIZE_BYTES
    with CaptureQueriesContext(connection) as queries:
        assert visitor.get("/health").status_code == 200
    assert [query["sql"] for query in queries] == ["SELECT 1"]
