"""Names: in any script, of a bounded length, and visible."""

import unicodedata
from typing import Any

import pytest
from rest_framework.test import APIClient

from accounts.models import User
from tests.accounts.conftest import Post
from tests.conftest import ClientFor

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    "name",
    [
        "Ada",
        "Ægir Þórsson",
        "Владимир",
        "山田太郎",
        "محمد علي",
        "मोहन",
        "a\u200dz",  # joiners belong to some scripts
        "\u05d0\u200e1",  # and so do marks of direction
        "👩\u200d🚀",
        "O'Brien-Smith, Jr.",
        "<script>",
        "x" * 80,
        "👍" * 80,
    ],
)
def test_a_name_in_any_script_is_kept(post: Post, name: str) -> None:
    response = post("guest", name=name)
    assert (response.status_code, response.json()["user"]["name"]) == (201, name)
    assert User.objects.get().name == name


def test_a_name_is_composed_and_stripped(post: Post) -> None:
    name = unicodedata.normalize("NFD", "  Zoë\u00a0")
    assert post("guest", name=name).json()["user"]["name"] == "Zoë"


def test_the_length_is_that_of_the_composed_name(post: Post) -> None:
    assert post("guest", name=unicodedata.normalize("NFD", "한" * 80)).status_code == 201


@pytest.mark.parametrize(
    "name",
    [
        "x" * 81,
        "nul\x00",
        "bell\x07",
        "two\nlines",
        "tab\there",
        "escape\x1b[31m",
        "c\x851",
        "line\u2028separator",
        "override\u202etxt",
        "embedded\u202atxt",
        "isolate\u2066txt",
        None,
        7,
        True,
        ["Ada"],
        {"first": "Ada"},
    ],
)
def test_an_invalid_name_is_refused(post: Post, name: Any) -> None:
    response = post("guest", name=name)
    assert (response.status_code, response.json()["code"]) == (400, "validation")
    assert {error["field"] for error in response.json()["errors"]} == {"name"}
    assert not User.objects.exists()


@pytest.mark.parametrize("name", ["", "   ", "\u200b\u200b", "\u2060", "\u3164"])
def test_an_invisible_guest_name_is_ignored(post: Post, name: str) -> None:
    assert post("guest", name=name).json()["user"]["name"] == "Guest"


@pytest.mark.parametrize("name", ["", "   ", "\u200b\u200b", "\u2060", "\u3164"])
def test_an_account_needs_a_name(alice: User, client_for: ClientFor, name: str) -> None:
    assert client_for(alice).put("/api/users/me", {"name": name}).status_code == 400


def test_a_huge_text_is_refused_before_normalizing_it(
    visitor: APIClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Composing takes quadratic time in the number of consecutive marks: 7 s for 160 kB.
    composed: list[int] = []

    def compose(form: str, text: str) -> str:
        composed.append(len(text))
        return text

    monkeypatch.setattr(unicodedata, "normalize", compose)
    response = visitor.post("/api/auth/guest", {"name": "\u0315\u0300" * 20_000})
    assert response.json()["errors"][0]["field"] == "name"
    assert max(composed, default=0) <= 400
