"""Pictures at their addresses, and how much of one is received."""

import asyncio
from typing import Any

import pytest
from pytest_django import Settings

from accounts.models import User
from polling_site.asgi_middleware import pictures as pictures_module
from polling_site.asgi_middleware.pictures import Pictures
from polling_site.asgi_middleware.uploads import OVERHEAD_BYTES, Uploads
from polls.models import Picture
from polls.picture_encoding import EncodedPicture
from polls.pictures import insert_picture, read_picture
from tests.conftest import access_token
from tests.site.test_static_files import Asker
from tests.site.test_uploads import Behind, Sending

pytestmark = pytest.mark.django_db(transaction=True)

LIMIT_BYTES = 2048


async def others(scope: Any, receive: Any, send: Any) -> None:
    await send({"type": "http.response.start", "status": 418, "headers": []})
    await send({"type": "http.response.body", "body": b"{}"})


@pytest.fixture
def picture(db: None) -> Picture:
    return insert_picture(None, EncodedPicture(b"webp", 4, 3))


async def test_a_picture_is_served_for_ever_and_only_as_a_picture(picture: Picture) -> None:
    app, path = Pictures(others), f"/pictures/{picture.token}.webp"
    answer = await Asker(path).ask(app)
    assert (answer.status, answer.body) == (200, b"webp")
    expected = {
        b"content-type": b"image/webp",
        b"content-length": b"4",
        b"cache-control": b"public, max-age=31536000, immutable",
        b"content-disposition": b'inline; filename="picture.webp"',
        b"content-security-policy": b"default-src 'none'; sandbox",
        b"x-content-type-options": b"nosniff",
    }
    assert expected.items() <= answer.headers.items()
    etag = answer.headers[b"etag"].decode()
    again = await Asker(path, if_none_match=f"W/{etag}").ask(app)
    assert (again.status, again.body) == (304, b"")
    head = await Asker(path, method="HEAD").ask(app)
    assert (head.status, head.body, head.headers[b"content-length"]) == (200, b"", b"4")


async def test_other_addresses_and_methods_are_not_pictures(picture: Picture) -> None:
    app, path = Pictures(others), f"/pictures/{picture.token}.webp"
    for other in (path[:-5], f"{path}/x", f"/pictures/{picture.id}/x.webp", "/pictures/a.webp"):
        assert (await Asker(other).ask(app)).status == 418
    assert (await Asker(path, method="DELETE").ask(app)).status == 418
    missing = await Asker(f"/pictures/{'x' * 32}.webp").ask(app)
    assert (missing.status, b"picture.not_found" in missing.body) == (404, True)


async def test_guessing_addresses_is_limited_but_not_loading_pictures(
    picture: Picture, limited: Settings
) -> None:
    limited.RATE_LIMIT_MAX_REQUESTS = 2
    app, path = Pictures(others), f"/pictures/{picture.token}.webp"
    wrong = [f"/pictures/{letter * 32}.webp" for letter in "abcd"]
    assert [(await Asker(each).ask(app)).status for each in wrong] == [404, 404, 429, 429]
    assert (await Asker(path).ask(app)).status == 200


async def test_a_room_that_loads_a_picture_at_once_shares_its_reads(
    picture: Picture, monkeypatch: pytest.MonkeyPatch
) -> None:
    reads: list[str] = []

    def read(token: str) -> bytes:
        reads.append(token)
        return read_picture(token)

    monkeypatch.setattr(pictures_module, "read_picture", read)
    app, path = Pictures(others), f"/pictures/{picture.token}.webp"
    answers = await asyncio.gather(*(Asker(path).ask(app) for _ in range(20)))
    assert {(each.status, each.body) for each in answers} == {(200, b"webp")}
    assert len(reads) <= 2


@pytest.mark.parametrize("path", ["/api/pictures", "/api/v1/pictures/"])
async def test_a_picture_is_bounded_while_it_is_received(
    alice: User, guest: User, settings: Settings, path: str
) -> None:
    """By its own limit, not by that of files for jobs or of other requests."""
    settings.PICTURE_MAX_BYTES, settings.UPLOAD_MAX_BYTES = LIMIT_BYTES, 1024
    pictures = Behind()
    app = Uploads(others, others, pictures)
    token = await asyncio.to_thread(access_token, alice)
    parts = [b"x" * LIMIT_BYTES, b"y" * OVERHEAD_BYTES]
    assert (await Sending(app, token, parts, path).outcome())[0] == 201
    large = Sending(app, token, [*parts, b"z", b"never read"], path)
    assert await large.outcome() == (413, "picture.too_large")
    assert large.parts == [b"never read"]
    guests = await asyncio.to_thread(access_token, guest)
    assert await Sending(app, guests, path=path).outcome() == (403, "auth.account_required")
    assert pictures.begun == 1 + 1
