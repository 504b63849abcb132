"""``/metrics`` is available from this machine and with the token."""

import pytest
from django.test import Client
from pytest_django import Settings

STRANGER = "203.0.113.9"


@pytest.mark.parametrize("address", ["127.0.0.1", "::1"])
def test_this_machine_may_read_them(client: Client, address: str) -> None:
    answer = client.get("/metrics", REMOTE_ADDR=address)
    assert answer.status_code == 200
    assert b"tallyroom_" in answer.content


@pytest.mark.parametrize("address", [STRANGER, "192.168.1.20", "", "unix"])
def test_others_get_404(client: Client, settings: Settings, address: str) -> None:
    for token, header in ((None, ""), (None, "Bearer None"), ("s3cret", "Bearer other")):
        settings.METRICS_TOKEN = token
        headers = {"Authorization": header}
        answer = client.get("/metrics", REMOTE_ADDR=address, headers=headers)
        assert (answer.status_code, answer.json()["code"]) == (404, "not_found")


def test_the_token_gives_access(client: Client, settings: Settings) -> None:
    settings.METRICS_TOKEN = "s3cret"
    headers = {"Authorization": "Bearer s3cret"}
    assert client.get("/metrics", REMOTE_ADDR=STRANGER, headers=headers).status_code == 200
