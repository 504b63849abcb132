"""The API's interactive page works from local files, under the policy of all pages."""

import re
from pathlib import Path

import httpx
import pytest
from django.core.management import call_command
from django.test import Client
from pytest_django import Settings

from polling_site.asgi import django_application
from polling_site.routing import make_application

PAGES = ["/docs", "/api/docs", "/api/docs/", "/api/v1/docs"]


@pytest.mark.parametrize("address", PAGES)
def test_the_page_is_served_at_every_path(client: Client, address: str) -> None:
    page = client.get(address)
    assert page.status_code == 200
    assert page["Content-Type"].startswith("text/html")
    assert '<html lang="en"' in page.content.decode()


@pytest.mark.parametrize("address", PAGES)
def test_the_page_loads_nothing_from_other_hosts(client: Client, address: str) -> None:
    page = client.get(address).content.decode()
    script = client.get(f"{address}?script=").content.decode()
    assert "://" not in page
    assert "://" not in script


def test_the_page_needs_no_exception_from_the_policy(client: Client) -> None:
    page = client.get("/docs")
    assert "unsafe" not in page["Content-Security-Policy"]
    assert "<style" not in page.content.decode()
    assert re.findall(r"<script(?![^>]*\bsrc=)|\bstyle=|\bon\w+=", page.content.decode()) == []


async def test_every_file_of_the_page_exists(
    tmp_path: Path, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("polling_site.routing.running_hub", lambda: None)
    settings.STATIC_ROOT = tmp_path
    call_command("collectstatic", interactive=False, verbosity=0)
    site = httpx.ASGITransport(make_application(django_application))  # type: ignore[arg-type]
    async with httpx.AsyncClient(transport=site, base_url="http://testserver") as browser:
        page = (await browser.get("/docs")).text
        addresses = re.findall(r'(?:src|href)="([^"]+)"', page)
        assert len(addresses) == 7
        for address in addresses:
            assert (await browser.get(address)).status_code == 200, address
        script = (await browser.get("/docs?script=")).text
        assert '"/api/schema"' in script
        assert (await browser.get("/api/schema")).status_code == 200
