"""The site's URL in shared links: it must be reachable from a phone."""

import re

import pytest
import segno
from django.core.exceptions import DisallowedHost
from django.test import RequestFactory
from pytest_django import Settings

from accounts.models import User
from apikit import network
from polls.models import Poll
from tests.conftest import MakePoll
from tests.web.conftest import BrowserOf
from web.site_url import site_url

PHONE_HOST = "192.168.1.20:8000"
NETWORK = "10.1.2.3"


@pytest.fixture(autouse=True)
def development(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    """``make run`` with no setting at all, on a machine with one network."""
    settings.HAS_PUBLIC_URL = False
    settings.IS_PRODUCTION = False
    settings.ALLOWED_HOSTS = ["*"]
    settings.LINK_HOSTS = [".local", ".lan"]
    settings.HOST, settings.PORT = "0.0.0.0", 8000
    monkeypatch.setattr("web.site_url.network_address", lambda _: NETWORK)


def url_for(host: str, **headers: str) -> str:
    return site_url(RequestFactory().get("/", headers={"Host": host, **headers}))


@pytest.mark.parametrize(
    ("host", "expected"),
    [
        (PHONE_HOST, f"http://{PHONE_HOST}"),
        ("[fd00::5]:8000", "http://[fd00::5]:8000"),
        ("54.1.2.3", "http://54.1.2.3"),
        ("Laptop.Local:8000", "http://laptop.local:8000"),
        ("laptop:8000", "http://laptop:8000"),
        ("localhost:8000", f"http://{NETWORK}:8000"),
        ("127.0.0.1:8000", f"http://{NETWORK}:8000"),
        ("[::1]:8000", f"http://{NETWORK}:8000"),
        # A tunnel or a container's port: the machine's own address would lead elsewhere.
        ("localhost:9000", "http://localhost:9000"),
        ("polls.evil.example", f"http://{NETWORK}:8000"),
    ],
)
def test_links_lead_where_the_page_was_opened_or_to_the_machines_network(
    host: str, expected: str
) -> None:
    assert url_for(host) == expected


def test_a_public_url_is_what_counts(settings: Settings) -> None:
    settings.HAS_PUBLIC_URL, settings.PUBLIC_URL = True, "https://polls.example.org"
    assert url_for(PHONE_HOST) == "https://polls.example.org"


def test_a_forwarded_host_is_ignored(settings: Settings) -> None:
    assert url_for(PHONE_HOST, **{"X-Forwarded-Host": "evil.example"}) == f"http://{PHONE_HOST}"


def test_named_hosts_are_used_and_others_refused(settings: Settings) -> None:
    settings.ALLOWED_HOSTS = settings.LINK_HOSTS = ["polls.example.org"]
    assert url_for("polls.example.org") == "http://polls.example.org"
    with pytest.raises(DisallowedHost):
        url_for(PHONE_HOST)


def test_production_has_no_address_of_the_machine_in_its_links(settings: Settings) -> None:
    settings.IS_PRODUCTION = True
    assert url_for("localhost:8000") == "http://localhost:8000"


def test_without_a_network_it_is_localhost(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("web.site_url.network_address", lambda _: None)
    assert url_for("localhost:8000") == "http://localhost:8000"


@pytest.mark.django_db
def test_all_links_use_the_url_of_the_page(
    make_poll: MakePoll, alice: User, browser_of: BrowserOf
) -> None:
    poll = make_poll()
    browser = browser_of(alice)

    def read(path: str) -> str:
        return browser.get(path, headers={"Host": PHONE_HOST}).content.decode()

    for path in (f"/manage/{poll.id}", f"/manage/{poll.id}/share"):
        assert f"http://{PHONE_HOST}/p/{poll.join_code}" in read(path)
        assert f"http://{PHONE_HOST}/embed/{poll.id}" in read(path)
    assert f"{PHONE_HOST}/p/" in read(f"/present/{poll.id}")
    assert f'href="http://{PHONE_HOST}/p/{poll.join_code}"' in read(f"/p/{poll.join_code}")
    for path in (
        f"/manage/{poll.id}/share",
        f"/present/{poll.id}",
        f"/manage/{poll.id}/qr.svg",
        f"/p/{poll.join_code}/qr.svg",
    ):
        assert qr_path(poll, f"http://{PHONE_HOST}") in read(path)
    assert f'"host": "{PHONE_HOST}"' in read("/api/asyncapi.json")


def qr_path(poll: Poll, site: str) -> str:
    """The path that draws the code of the poll on this site."""
    code = segno.make_qr(f"{site}/p/{poll.join_code}", error="m")
    found = re.search(r' d="([^"]+)"', code.svg_inline(border=4))
    assert found is not None
    return found[1]


@pytest.mark.django_db
def test_a_refused_host_gets_a_page_that_says_so(settings: Settings, browser_of: BrowserOf) -> None:
    settings.ALLOWED_HOSTS = ["polls.example.org"]
    assert browser_of(None).get("/", headers={"Host": "evil.example"}).status_code == 400


@pytest.mark.parametrize(
    ("listening_on", "expected"),
    [("127.0.0.1", None), ("::1", None), ("192.0.2.7", "192.0.2.7"), ("fd00::1", "[fd00::1]")],
)
def test_a_server_on_one_address_is_reached_at_that(
    listening_on: str, expected: str | None
) -> None:
    assert network.network_address(listening_on) == expected


def test_the_machines_own_address_is_no_loopback() -> None:
    address = network.network_address()
    assert address is None or not network.is_loopback(address)
