"""One account per mailbox, and normalization of names and passwords."""

import unicodedata
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.core.management import CommandError, call_command
from django.test import Client

from accounts.models import User
from accounts.profiles import update_profile
from accounts.services import register_user
from apikit.errors import ValidationFailedError
from tests.accounts.conftest import NEW_PASSWORD, Post, wait_for_emails
from tests.conftest import PASSWORD, MakePoll, actor_of, make_user

pytestmark = pytest.mark.django_db

PLAIN = "ada@xn--bcher-kva.example"
SPELLINGS = [
    "ada@bücher.example",
    "ADA@Bücher.Example",
    "ada@bu\u0308cher.example",
    "ada@BU\u0308CHER.example",
    "ａｄａ＠bücher．example",
    "ada@XN--BCHER-KVA.example",
    "ada@bücher。example",
    "ada@bü\u00adcher.example",
    '"ada"@bücher.example',
    '"a\\d\\a"@bücher.example',
]
# Texts that look like an address, or like another one.
NO_EMAILS = [
    "ada",
    "ada@",
    "ada@example.org.",
    "a\u200bda@example.org",
    "ada@a\u200db.example",
    "ada@exa mple.org",
    '"a\x01b"@example.org',
    "Ada <ada@example.org>",
    "ada@" + "a" * 64 + ".org",
    "a" * 250 + "@example.org",
]
INVISIBLE = [
    "\u3164",
    "\u200b",
    "\u2800",
    "\u00ad\u2060",
    "\u0301",
    "\ufe0f",
    "\u180e \u115f",
    "\ufffc",
    "\U000e0041",
]


@pytest.mark.parametrize("email", SPELLINGS)
def test_every_spelling_is_one_account_over_the_api(post: Post, email: str) -> None:
    first = post("register", name="Ada", email=email, password=PASSWORD)
    assert first.json()["user"]["email"] == PLAIN
    again = post("register", name="Ada", email=PLAIN, password=PASSWORD)
    assert again.json()["code"] == "account.email_taken"
    assert post("login", email=SPELLINGS[0], password=PASSWORD).status_code == 200


@pytest.mark.parametrize("email", SPELLINGS)
def test_every_spelling_is_one_account_on_pages(client: Client, email: str) -> None:
    body = {"name": "Ada", "email": email, "password": PASSWORD}
    assert client.post("/register", body).status_code == 302
    assert User.objects.get().email == PLAIN
    assert Client().post("/sign-in", body | {"email": PLAIN}).status_code == 302


def test_an_account_stored_under_an_older_spelling_is_found(post: Post, mailoutbox: Any) -> None:
    user = User(name="Ada", email="ada@bücher.example")
    user.set_password(PASSWORD)
    user.save()
    for email in (PLAIN, *SPELLINGS):
        assert post("login", email=email, password=PASSWORD).status_code == 200
    taken = post("register", name="Eve", email=PLAIN, password=PASSWORD)
    assert taken.json()["code"] == "account.email_taken"
    post("password/reset", email=PLAIN)
    wait_for_emails()
    assert len(mailoutbox) == 1


def test_older_accounts_with_two_spellings_of_an_address_can_both_sign_in(
    post: Post, mailoutbox: Any
) -> None:
    for email, password in ((PLAIN, PASSWORD), ("ada@bücher.example", NEW_PASSWORD)):
        user = User(name="Ada", email=email)
        user.set_password(password)
        user.save()
    for password in (PASSWORD, NEW_PASSWORD):
        assert post("login", email=SPELLINGS[0], password=password).status_code == 200
    assert post("login", email=PLAIN, password="wrong horse").status_code == 401
    post("password/reset", email=SPELLINGS[1])
    wait_for_emails()
    assert len(mailoutbox) == 2


@pytest.mark.parametrize("email", ["ada@💩.example", "ada@xn--ls8h.example"])
def test_domains_with_emoji_are_one_account(post: Post, email: str) -> None:
    response = post("register", name="Ada", email=email, password=PASSWORD)
    assert response.json()["user"]["email"] == "ada@xn--ls8h.example"


@pytest.mark.parametrize("email", NO_EMAILS, ids=ascii)
def test_an_invalid_address_is_refused_on_every_entry_point(
    post: Post, client: Client, monkeypatch: pytest.MonkeyPatch, email: str
) -> None:
    body = {"name": "Ada", "email": email, "password": PASSWORD}
    refused = post("register", **body)
    assert (refused.status_code, refused.json()["errors"][0]["field"]) == (400, "email")
    assert client.post("/register", body).status_code == 200
    monkeypatch.setenv("DJANGO_SUPERUSER_PASSWORD", PASSWORD)
    with pytest.raises(CommandError):
        call_command("createsuperuser", interactive=False, email=email, name="Ada")
    with pytest.raises(ValidationFailedError):
        register_user(**body)
    assert not User.objects.exists()


@pytest.mark.parametrize("name", [*INVISIBLE, "x" * 81, "nul\0"], ids=ascii)
def test_commands_and_services_refuse_invalid_names(
    alice: User, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.setenv("DJANGO_SUPERUSER_PASSWORD", PASSWORD)
    with pytest.raises(CommandError):
        call_command("createsuperuser", interactive=False, email="a@example.org", name=name)
    with pytest.raises(ValidationFailedError):
        register_user(name=name, email="a@example.org", password=PASSWORD)
    with pytest.raises(ValidationFailedError):
        update_profile(actor=actor_of(alice), name=name)
    assert list(User.objects.all()) == [alice]


def test_commands_create_one_account_per_mailbox(monkeypatch: pytest.MonkeyPatch) -> None:
    User.objects.create(name="Ada", email="ada@bücher.example")
    monkeypatch.setenv("DJANGO_SUPERUSER_PASSWORD", PASSWORD)
    for spelling in (PLAIN, *SPELLINGS):
        with pytest.raises(CommandError, match="taken"):
            call_command("createsuperuser", interactive=False, email=spelling, name="Ada")
        with pytest.raises(ValidationError, match="in use"):
            User.objects.create_superuser(spelling, "Ada", PASSWORD)


def test_commands_follow_the_same_rules(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DJANGO_SUPERUSER_PASSWORD", PASSWORD)
    call_command("createsuperuser", interactive=False, email=SPELLINGS[1], name=" Ada ")
    user = User.objects.get()
    assert (user.email, user.name) == (PLAIN, "Ada")
    assert User.objects.get_by_natural_key(SPELLINGS[0]) == user


@pytest.mark.parametrize("name", INVISIBLE)
def test_an_invisible_name_is_refused_on_every_entry_point(
    post: Post, client: Client, name: str
) -> None:
    body = {"name": name, "email": "ada@example.org", "password": PASSWORD}
    assert post("register", **body).status_code == 400
    assert client.post("/register", body).status_code == 200
    assert not User.objects.exists()
    assert post("guest", name=name).json()["user"]["name"] == "Guest"


@pytest.mark.parametrize("text", INVISIBLE)
def test_an_invisible_option_is_refused(make_poll: MakePoll, text: str) -> None:
    with pytest.raises(ValidationFailedError):
        make_poll(options=["Tea", text])


@pytest.mark.parametrize("form", ["NFC", "NFD"])
def test_a_password_is_the_same_however_it_is_composed(post: Post, form: Any) -> None:
    password = unicodedata.normalize(form, "Äpfel für Özgür")
    post("register", name="Ada", email="ada@example.org", password=password)
    for other in ("NFC", "NFD"):
        typed = unicodedata.normalize(other, password)
        assert post("login", email="ada@example.org", password=typed).status_code == 200
    blank = password.replace(" ", "\u00a0")
    assert post("login", email="ada@example.org", password=blank).status_code == 200


def test_a_hash_from_before_normalization_is_replaced(post: Post) -> None:
    from django.contrib.auth.hashers import make_password

    raw = unicodedata.normalize("NFD", "Äpfel für Özgür")
    user = make_user("Ada")
    User.objects.filter(id=user.id).update(password=make_password(raw))
    composed = unicodedata.normalize("NFC", raw)
    assert post("login", email=user.email, password=composed).status_code == 401
    assert post("login", email=user.email, password=raw).status_code == 200
    assert post("login", email=user.email, password=composed).status_code == 200
    assert post("login", email=user.email, password=NEW_PASSWORD).status_code == 401


def test_staff_find_people_by_any_spelling(staff: User) -> None:
    from accounts.selectors import list_users_for

    user = User.objects.create(name="Ada", email=PLAIN)
    for spelling in (*SPELLINGS, "a@BÜCH", "bücher.ex"):
        assert list(list_users_for(actor_of(staff), search=spelling)) == [user]


@pytest.mark.parametrize("path", ["/register", "/sign-in"])
def test_pages_refuse_a_huge_text_before_normalizing_it(
    client: Client, monkeypatch: pytest.MonkeyPatch, path: str
) -> None:
    composed: list[int] = []

    def compose(form: str, text: str) -> str:
        composed.append(len(text))
        return text

    monkeypatch.setattr(unicodedata, "normalize", compose)
    huge = "\u0315\u0300" * 20_000
    body = {"name": huge, "email": f"{huge}@example.org", "password": huge}
    assert client.post(path, body).status_code == 200
    assert max(composed, default=0) <= 1_000
