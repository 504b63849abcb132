"""Files that jobs read: uploading, limits, and what is left of them."""

import io
from datetime import timedelta
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone
from pytest_django import Settings
from rest_framework.test import APIClient

from accounts.models import User
from jobs import uploads
from jobs.errors import UploadNotFoundError, UploadTooLargeError
from jobs.models import CHUNK_BYTES, Upload, UploadChunk
from tests.conftest import ClientFor, actor_of

pytestmark = pytest.mark.django_db

CSV = b"question;options\nTea or coffee?;Tea|Coffee\n"


@pytest.fixture
def alices(client_for: ClientFor, alice: User) -> APIClient:
    return client_for(alice)


def send(client: APIClient, content: bytes = CSV, query: str = "", **headers: str) -> Any:
    media_type = headers.pop("media_type", "text/csv; charset=utf-8")
    names = {name.replace("_", "-"): value for name, value in headers.items()}
    anyway: Any = client
    return anyway.generic(
        "POST", f"/api/uploads{query}", content, content_type=media_type, headers=names
    )


def send_form(client: APIClient, **fields: Any) -> Any:
    return client.post("/api/uploads", fields, format="multipart")


def store(user: User, content: bytes = CSV) -> Upload:
    return uploads.store_upload(
        actor=actor_of(user), name="a.csv", media_type="text/csv", pieces=[content]
    )


def content_of(upload: Upload) -> bytes:
    with uploads.opened(upload) as file:
        return file.read()


@pytest.fixture(autouse=True)
def _forms(settings: Settings) -> None:
    renderers = settings.REST_FRAMEWORK
    settings.REST_FRAMEWORK = renderers | {
        "TEST_REQUEST_RENDERER_CLASSES": [
            "rest_framework.renderers.MultiPartRenderer",
            "rest_framework.renderers.JSONRenderer",
        ]
    }


def test_a_file_from_its_upload_to_its_deletion(alices: APIClient, alice: User) -> None:
    content = CSV * 20_000
    sent = send(alices, content, "?name=polls.csv")
    assert (sent.status_code, sent.json()["message"]) == (201, "File uploaded successfully")
    upload = sent.json()["upload"]
    assert (upload["name"], upload["mediaType"]) == ("polls.csv", "text/csv")
    assert upload["sizeBytes"] == len(content) > 3 * CHUNK_BYTES
    assert alices.get("/api/uploads").json()["uploads"] == [upload]
    found = uploads.get_upload_for(actor_of(alice), upload["id"])
    assert content_of(found) == content
    assert uploads.expires_at(found) - found.created_at == timedelta(days=1)
    assert alices.delete(f"/api/uploads/{upload['id']}").status_code == 200
    assert alices.get("/api/uploads").json()["uploads"] == []
    assert not UploadChunk.objects.exists()


@pytest.mark.parametrize(
    ("query", "disposition", "name"),
    [
        ("", "", "upload"),
        ("", 'attachment; filename="a.csv"', "a.csv"),
        ("", "attachment; filename*=UTF-8''%C3%9Cbersicht.csv", "Übersicht.csv"),
        ("", 'attachment; filename="Übersicht.csv"'.encode().decode("latin-1"), "Übersicht.csv"),
        ("", 'attachment; filename="a\\"b.csv"', 'a"b.csv'),
        ("", "attachment; filename*=klingon''a.csv", "upload"),
        ("?name=b.csv", 'attachment; filename="a.csv"', "b.csv"),
        ("?name=C:%5Cdata%5Cc.csv", "", "c.csv"),
        ("?name=../../etc/passwd", "", "passwd"),
        ("?name=a%E2%80%AEcsv", "", "acsv"),
        ("?name=%E2%80%8B", "", "upload"),
        ("", 'attachment; filename="' + "x" * 400 + '"', "x" * 254 + "…"),
    ],
)
def test_a_file_has_a_name(alices: APIClient, query: str, disposition: str, name: str) -> None:
    sent = send(alices, CSV, query, Content_Disposition=disposition)
    assert sent.json()["upload"]["name"] == name


def test_the_type_is_kept_without_parameters(alices: APIClient) -> None:
    for sent, kept in {
        "TEXT/CSV; charset=utf-8": "text/csv",
        "nonsense": "application/octet-stream",
        "": "application/octet-stream",
        "a/" + "x" * 200: "application/octet-stream",
        "application/json": "application/json",
    }.items():
        assert send(alices, media_type=sent).json()["upload"]["mediaType"] == kept


@pytest.mark.parametrize("path", ["/api/uploads", "/api/pictures"])
def test_a_compressed_file_is_refused(alices: APIClient, path: str) -> None:
    """It would be stored, or read, as if it were the file itself."""
    anyway: Any = alices
    response = anyway.generic("POST", path, CSV, headers={"Content-Encoding": "gzip"})
    assert (response.status_code, response.json()["code"]) == (415, "request.media_type")


def test_a_form_with_one_file(alices: APIClient, alice: User) -> None:
    file = SimpleUploadedFile("Übersicht.csv", CSV, "text/csv")
    upload = send_form(alices, file=file).json()["upload"]
    assert (upload["name"], upload["mediaType"]) == ("Übersicht.csv", "text/csv")
    assert content_of(uploads.get_upload_for(actor_of(alice), upload["id"])) == CSV


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({}, "file"),
        ({"file": io.BytesIO(b"")}, "file"),
        ({"file": io.BytesIO(CSV), "other": io.BytesIO(CSV)}, "file"),
        ({"file": io.BytesIO(CSV), "workspaceId": "1"}, "workspaceId"),
    ],
    ids=["nothing", "empty file", "two files", "a field"],
)
def test_other_forms_are_refused(alices: APIClient, fields: dict[str, Any], field: str) -> None:
    answer = send_form(alices, **fields)
    assert answer.status_code == 400
    assert [error["field"] for error in answer.json()["errors"]] == [field]
    assert not Upload.objects.exists()


@pytest.mark.parametrize("boundary", ["", "; boundary=a", "; boundary=\x01", "; boundary=ä"])
def test_a_broken_form_is_refused(alices: APIClient, boundary: str) -> None:
    answer = send(alices, b"--a\r\nContent-", media_type=f"multipart/form-data{boundary}")
    assert answer.status_code == 400


def test_an_empty_file_is_refused(alices: APIClient) -> None:
    answer = send(alices, b"")
    assert (answer.status_code, answer.json()["code"]) == (400, "validation")
    assert not Upload.objects.exists()


@pytest.mark.parametrize("is_form", [False, True])
def test_a_file_above_the_limit_leaves_nothing(
    alices: APIClient, settings: Settings, is_form: bool
) -> None:
    settings.UPLOAD_MAX_BYTES = 2 * CHUNK_BYTES
    for size_bytes, status in ((2 * CHUNK_BYTES, 201), (2 * CHUNK_BYTES + 1, 413)):
        content = b"x" * size_bytes
        answer = send_form(alices, file=io.BytesIO(content)) if is_form else send(alices, content)
        assert answer.status_code == status
    assert answer.json()["code"] == "upload.too_large"
    assert (Upload.objects.count(), UploadChunk.objects.count()) == (1, 2)


def test_an_account_has_a_number_of_files(
    alices: APIClient, bob: User, client_for: ClientFor, settings: Settings
) -> None:
    settings.UPLOADS_PER_OWNER = 2
    first = send(alices).json()["upload"]
    assert send(alices).status_code == 201
    refused = send(alices)
    assert (refused.status_code, refused.json()["code"]) == (409, "upload.too_many")
    assert send(client_for(bob)).status_code == 201
    alices.delete(f"/api/uploads/{first['id']}")
    assert send(alices).status_code == 201
    # Those that have expired do not count, even if they are not deleted yet.
    Upload.objects.update(created_at=timezone.now() - timedelta(hours=25))
    assert send(alices).status_code == 201


def test_a_repeated_upload_with_its_key_is_the_first(alices: APIClient) -> None:
    key = {"Idempotency_Key": "one"}
    first = send(alices, CSV, "?name=a.csv", **key)
    again = send(alices, CSV, "?name=a.csv", **key)
    assert again.json() == first.json()
    assert again["Idempotent-Replayed"] == "true"
    assert send(alices, CSV + b"x", "?name=a.csv", **key).status_code == 422
    assert Upload.objects.count() == 1
    assert send(alices, b"", Idempotency_Key="two").status_code == 400
    assert send(alices, Idempotency_Key="two").status_code == 201


def test_a_file_is_found_by_its_owner_while_it_is_complete_and_young(
    alice: User, bob: User
) -> None:
    upload = store(alice)
    assert uploads.get_upload_for(actor_of(alice), upload.id) == upload
    with pytest.raises(UploadNotFoundError):
        uploads.get_upload_for(actor_of(bob), upload.id)
    for changed in (
        {"size_bytes": 0},
        {"size_bytes": 1, "created_at": timezone.now() - timedelta(hours=24, minutes=1)},
    ):
        Upload.objects.update(**changed)
        with pytest.raises(UploadNotFoundError):
            uploads.get_upload_for(actor_of(alice), upload.id)


def test_pruning_takes_expired_and_abandoned_files(alice: User) -> None:
    ages = {"young": 1, "expired": 25, "being stored": 0.5, "abandoned": 1.5}
    for name, hours in ages.items():
        upload = store(alice)
        size_bytes = 0 if name in {"being stored", "abandoned"} else 9
        created_at = timezone.now() - timedelta(hours=hours)
        Upload.objects.filter(id=upload.id).update(
            name=name, size_bytes=size_bytes, created_at=created_at
        )
    assert [uploads.prune_uploads("").deleted for _ in range(3)] == [1, 1, 0]
    assert {each.name for each in Upload.objects.all()} == {"young", "being stored"}


def test_a_file_that_is_deleted_while_it_is_read_is_missing(alice: User) -> None:
    upload = store(alice)
    Upload.objects.all().delete()
    with pytest.raises(UploadNotFoundError):
        content_of(upload)


def test_pieces_of_any_size_become_chunks(alice: User) -> None:
    pieces = [b"", b"a" * (CHUNK_BYTES - 1), b"bc", b"d" * (3 * CHUNK_BYTES)]
    upload = uploads.store_upload(actor=actor_of(alice), name="a", media_type="", pieces=pieces)
    sizes = [len(chunk.content) for chunk in upload.chunks.order_by("position")]
    assert sizes == [CHUNK_BYTES] * 4 + [1]
    assert content_of(upload) == b"".join(pieces)


def test_a_failure_while_storing_leaves_nothing(alice: User) -> None:
    def pieces() -> Any:
        yield b"a" * CHUNK_BYTES
        assert UploadChunk.objects.count() == 1
        # Nobody sees it before it is complete.
        assert not uploads.list_uploads_for(actor_of(alice)).exists()
        raise UploadTooLargeError

    with pytest.raises(UploadTooLargeError):
        uploads.store_upload(actor=actor_of(alice), name="a", media_type="", pieces=pieces())
    assert not Upload.objects.exists()
