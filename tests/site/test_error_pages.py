"""Errors outside of DRF: JSON for the API, a page for people."""

from typing import Any

import pytest
from django.test import AsyncClient, Client

from polling_site import views
from web.views import home

pytestmark = pytest.mark.django_db


def fail(*_: Any, **__: Any) -> None:
    raise RuntimeError("secret of the house")


@pytest.fixture
def broken(monkeypatch: pytest.MonkeyPatch) -> None:
    """Makes a page and an API path fail outside of DRF."""
    monkeypatch.setattr(home, "page_actor", fail)
    monkeypatch.setattr(views, "_encoded_openapi", fail)


@pytest.fixture
def client() -> Client:
    return Client(raise_request_exception=False)


@pytest.mark.parametrize("address", ["/nope", "/admin/nope/", "/apiary"])
def test_a_missing_page_is_a_page(client: Client, address: str) -> None:
    answer = client.get(address, follow=True)
    if "/admin/" not in address:
        assert answer.status_code == 404
    assert answer.headers["Content-Type"] == "text/html; charset=utf-8"


@pytest.mark.parametrize("address", ["/api/nope", "/health/nope"])
def test_a_missing_path_of_the_api_is_json(client: Client, address: str) -> None:
    answer = client.get(address)
    assert (answer.status_code, answer.json()["code"]) == (404, "not_found")


@pytest.mark.usefixtures("broken")
def test_a_failing_page_is_an_error_page_and_its_traceback_is_logged(
    client: Client, caplog: pytest.LogCaptureFixture
) -> None:
    answer = client.get("/")
    assert answer.status_code == 500
    assert answer.headers["Content-Type"] == "text/html; charset=utf-8"
    assert b"secret of the house" not in answer.content
    assert b"Traceback" not in answer.content
    [line] = [
        record.msg for record in caplog.records if record.name == "polling_site.error_handlers"
    ]
    assert isinstance(line, dict)
    assert line["event"] == "unexpected error"
    assert line["exc_info"]


@pytest.mark.usefixtures("broken")
def test_a_failing_path_of_the_api_is_json(client: Client) -> None:
    answer = client.get("/api/schema")
    assert answer.status_code == 500
    assert answer.json() == {
        "error": "Internal Server Error",
        "code": "server.error",
        "message": "Something went wrong on our side.",
    }


@pytest.mark.usefixtures("broken")
async def test_asynchronous_requests_get_the_same_errors(
    caplog: pytest.LogCaptureFixture,
) -> None:
    answer = await AsyncClient(raise_request_exception=False).get("/")
    assert answer.status_code == 500
    assert "secret of the house" in caplog.text
