"""The QR code of a poll as an image."""

import pytest
from django.test import Client

from accounts.models import User
from tests.conftest import MakePoll
from tests.web.conftest import BrowserOf

pytestmark = pytest.mark.django_db


def test_the_code_comes_as_svg_and_as_png(make_poll: MakePoll, client: Client) -> None:
    code = make_poll().join_code
    svg = client.get(f"/p/{code}/qr.svg")
    assert svg["Content-Type"] == "image/svg+xml"
    assert svg.content.startswith(b"<svg")
    png = client.get(f"/p/{code}/qr.png")
    assert png["Content-Type"] == "image/png"
    assert png.content.startswith(b"\x89PNG")


@pytest.mark.parametrize("size", ["64", "99999", "0", "-1", "1e3", "٥٠٠", "9" * 5000, ""])
def test_any_size_returns_an_image(make_poll: MakePoll, client: Client, size: str) -> None:
    png = client.get(f"/p/{make_poll().join_code}/qr.png", {"size": size})
    assert png.content.startswith(b"\x89PNG")


@pytest.mark.parametrize("kind", ["svg", "png"])
def test_a_drafts_code_is_for_its_creator(
    make_poll: MakePoll, alice: User, charlie: User, browser_of: BrowserOf, kind: str
) -> None:
    path = f"/p/{make_poll(is_published=False).join_code}/qr.{kind}"
    assert browser_of(alice).get(path).status_code == 200
    assert browser_of(charlie).get(path).status_code == 404
