"""Sign-in, registration and the account page, with forms only."""

import re
from typing import Any

import pytest
from django.core import mail
from django.test import Client
from pytest_django import DjangoAssertNumQueries, Settings

from accounts.models import TokenFamily, User
from accounts.services import suspend_user
from accounts.sign_in import open_family
from jobs.models import Job
from tests.accounts.conftest import wait_for_emails
from tests.conftest import PASSWORD, actor_of
from tests.web.conftest import BrowserOf

pytestmark = pytest.mark.django_db

NEW_PASSWORD = "mule charger 9"


def send(browser: Client, path: str, **fields: Any) -> str:
    """Sends a form that is not accepted; the page it comes back on."""
    page = browser.post(path, fields)
    assert page.status_code == 200, page.status_code
    return page.content.decode()


def is_signed_in(browser: Client) -> bool:
    return browser.get("/account").status_code == 200


def errors_in(text: str) -> list[str]:
    return re.findall(r'class="field-error">([^<]*)<', text)


# Signing in


def test_signing_in_returns_to_the_requested_page(
    client: Client, alice_with_password: User
) -> None:
    form = client.get("/sign-in?next=/account").content.decode()
    assert 'name="next" value="/account"' in form
    fields = {"email": "Alice@Example.org", "password": PASSWORD, "next": "/account"}
    answer = client.post("/sign-in", fields)
    assert (answer.status_code, answer["Location"]) == (302, "/account")
    assert is_signed_in(client)


def test_emails_to_an_account_are_in_the_language_of_its_pages(
    client: Client, alice_with_password: User
) -> None:
    def language() -> str:
        alice_with_password.refresh_from_db()
        return alice_with_password.language

    assert language() == ""
    fields = {"email": "alice@example.org", "password": PASSWORD}
    client.post("/sign-in", fields, headers={"Accept-Language": "de-AT"})
    assert language() == "de"
    for chosen, stored in (("ar", "ar"), ("xx", "ar"), ("x" * 100, "ar"), ("", "ar")):
        client.post("/language", {"language": chosen})
        assert language() == stored
    client.get("/language", {"language": "en"})
    client.post("/sign-out")
    client.post("/language", {"language": "en"})
    assert language() == "ar"


NO_TARGETS = [
    "https://evil.test/", "//evil.test", "///evil.test", "javascript:alert(1)", "http://[",
    # Names of views, or not: redirect() would look them up.
    "account", "web:account", "nonsense", "[", ";q=", "x" * 5000, "/" + "x" * 5000, "\0",
]  # fmt: skip


@pytest.mark.parametrize("target", NO_TARGETS)
def test_signing_in_does_not_redirect_to_another_site(
    client: Client, alice_with_password: User, target: str
) -> None:
    fields = {"email": "alice@example.org", "password": PASSWORD, "next": target}
    assert client.post("/sign-in", fields)["Location"] == "/"


@pytest.mark.parametrize("target", NO_TARGETS)
def test_a_signed_in_user_is_not_redirected_to_another_site(
    browser_of: BrowserOf, alice: User, target: str
) -> None:
    for path in ("/sign-in", "/register"):
        assert browser_of(alice).get(path, {"next": target})["Location"] == "/"


def test_signing_in_does_not_return_to_a_very_long_url(client: Client) -> None:
    location = client.get("/account", {"x": "x" * 20_000})["Location"]
    assert location == "/sign-in?next=%2F"


def test_a_wrong_email_and_a_wrong_password_look_the_same(
    client: Client, alice_with_password: User
) -> None:
    def refusal(email: str) -> str:
        page = send(client, "/sign-in", email=email, password="wrong")
        return re.sub(r'value="[^"]*"', "", page)

    page = refusal("alice@example.org")
    assert "Wrong email address or password." in page
    assert page == refusal("nobody@example.org")
    assert not is_signed_in(client)


def test_a_missing_value_is_reported_next_to_its_field(client: Client) -> None:
    text = send(client, "/sign-in", email="not an address", password="")
    assert errors_in(text) == [
        "Enter an email address such as name@example.org.",
        "Enter your password.",
    ]
    assert text.count("autofocus") == 1
    assert re.search(r'name="email"[^>]*autofocus', text)


def test_a_suspended_account_gets_an_error(
    client: Client, alice_with_password: User, staff: User
) -> None:
    suspend_user(actor=actor_of(staff), user_id=alice_with_password.id, reason="spam")
    text = send(client, "/sign-in", email="alice@example.org", password=PASSWORD)
    assert "This account is suspended" in text


def test_too_many_attempts_show_the_wait(
    client: Client, alice_with_password: User, limited: Settings
) -> None:
    limited.LOGIN_MAX_FAILURES = 1
    fields = {"email": "alice@example.org", "password": "wrong"}
    client.post("/sign-in", fields)
    page = client.post("/sign-in", fields)
    assert page.status_code == 429
    assert int(page["Retry-After"]) > 60
    assert "Too many attempts. Wait 15 minutes" in page.content.decode()


def test_a_password_is_never_sent_back(client: Client) -> None:
    text = send(client, "/sign-in", email="bad", password="secret words")
    assert "secret words" not in text


def test_a_signed_in_user_is_redirected(browser_of: BrowserOf, alice: User) -> None:
    for path in ("/sign-in", "/register"):
        assert browser_of(alice).get(f"{path}?next=/account")["Location"] == "/account"
        for elsewhere in ("//evil.example", "https://evil.example", "0001-01-01", "a:b", "manage"):
            assert browser_of(alice).get(f"{path}?next={elsewhere}")["Location"] == "/"


def test_a_guest_may_sign_in(browser_of: BrowserOf, guest: User, alice_with_password: User) -> None:
    browser = browser_of(guest)
    assert browser.get("/sign-in").status_code == 200
    browser.post("/sign-in", {"email": "alice@example.org", "password": PASSWORD})
    assert is_signed_in(browser)


def test_signing_out_takes_a_form(browser_of: BrowserOf, alice: User) -> None:
    browser = browser_of(alice)
    assert browser.get("/sign-out").status_code == 405
    assert browser.post("/sign-out")["Location"] == "/"
    assert not is_signed_in(browser)


# Registering


def register(browser: Client, **fields: str) -> Any:
    body = {"name": "Nora", "email": "nora@example.org", "password": PASSWORD}
    return browser.post("/register", body | fields)


def test_registering_signs_in(client: Client) -> None:
    assert register(client, next="/account")["Location"] == "/account"
    assert "Nora" in client.get("/account").content.decode()


def test_an_email_in_use_is_reported_next_to_the_email(client: Client, alice: User) -> None:
    text = register(client, email="ALICE@example.org").content.decode()
    assert errors_in(text) == ["An account with this email address already exists."]
    assert re.search(r'name="email"[^>]*autofocus', text)


@pytest.mark.parametrize(
    ("field", "value", "error"),
    [
        ("name", " ", "Enter a name"),
        ("name", "a\x07b", "control characters"),
        ("name", "x" * 81, "at most 80"),
        ("email", "nora@", "Enter an email address"),
        ("password", "short", "at least 8"),
        ("password", "12345678", "too common"),
        ("password", "x" * 257, "at most 256"),
    ],
)
def test_errors_of_services_are_shown_next_to_their_field(
    client: Client, field: str, value: str, error: str
) -> None:
    text = register(client, **{field: value}).content.decode()
    assert error in " ".join(errors_in(text))
    assert re.search(rf'name="{field}"[^>]*aria-invalid="true"', text)
    assert not User.objects.exists()


# A forgotten password


def link_in_mail() -> str:
    wait_for_emails()
    [message] = mail.outbox
    [path] = re.findall(r"(/reset\?token=\S+)", str(message.body))
    return str(path)


def test_a_forgotten_password_is_reset(client: Client, alice_with_password: User) -> None:
    assert client.post("/reset", {"email": "alice@example.org"})["Location"] == "/reset/sent"
    path = link_in_mail()
    token = path.partition("=")[2]
    assert f'name="token" value="{token}"' in client.get(path).content.decode()
    answer = client.post("/reset", {"token": token, "new_password": NEW_PASSWORD})
    assert answer["Location"] == "/sign-in"
    assert "Password changed" in client.get("/sign-in").content.decode()
    client.post("/sign-in", {"email": "alice@example.org", "password": NEW_PASSWORD})
    assert is_signed_in(client)
    spent = send(client, "/reset", token=token, new_password=PASSWORD)
    assert "This link is no longer valid" in spent
    assert "Request a new link" in spent


def test_a_reset_does_not_reveal_whether_the_account_exists(client: Client) -> None:
    assert client.post("/reset", {"email": "nobody@example.org"})["Location"] == "/reset/sent"
    assert mail.outbox == []


def test_a_refused_new_password_can_be_corrected(client: Client, alice_with_password: User) -> None:
    client.post("/reset", {"email": "alice@example.org"})
    token = link_in_mail().partition("=")[2]
    text = send(client, "/reset", token=token, new_password="12345678")
    assert "too common" in " ".join(errors_in(text))
    assert f'value="{token}"' in text


# The account page


OWN_PAGES = [
    "/account/profile",
    "/account/email",
    "/account/email/cancel",
    "/account/status",
    "/account/password",
    "/account/sign-ins/end",
]


@pytest.mark.parametrize("path", ["/account", *OWN_PAGES])
def test_visitors_and_guests_are_redirected_to_sign_in(
    browser_of: BrowserOf, guest: User, path: str
) -> None:
    for user in (None, guest):
        browser = browser_of(user)
        answer = browser.get(path) if path == "/account" else browser.post(path)
        assert answer["Location"].startswith("/sign-in?next=")


@pytest.mark.parametrize("path", OWN_PAGES)
def test_get_requests_change_nothing(browser_of: BrowserOf, alice: User, path: str) -> None:
    assert browser_of(alice).get(path).status_code == 405


def test_the_account_page_shows_current_values(
    browser_of: BrowserOf, alice: User, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    browser = browser_of(alice)
    browser.get("/account")
    # The session, the person, the sign-ins.
    with django_assert_num_queries(3):
        text = browser.get("/account").content.decode()
    assert 'value="Alice"' in text
    assert 'value="alice@example.org"' in text


def test_profile_and_status_are_changed(browser_of: BrowserOf, alice: User) -> None:
    browser = browser_of(alice)
    browser.post("/account/profile", {"name": "Alicia"})
    browser.post("/account/status", {"status": "busy", "text": "On stage"})
    alice.refresh_from_db()
    assert alice.name == "Alicia"
    assert (alice.status, alice.status_text) == ("busy", "On stage")


def test_the_status_form_shows_what_others_see(browser_of: BrowserOf, alice: User) -> None:
    """Saving only a text must not make somebody appear offline who has set no status."""
    browser = browser_of(alice)

    def selected() -> list[str]:
        text = browser.get("/account").content.decode()
        return re.findall(r'<option value="(\w+)" selected', text)

    # The second one is the digest.
    assert selected() == ["online", "off"]
    browser.post("/account/status", {"status": "offline", "text": ""})
    assert selected() == ["offline", "off"]


def confirmation_link() -> str:
    wait_for_emails()
    bodies = [str(message.body) for message in mail.outbox]
    [path] = re.findall(r"(/confirm-email\?token=\S+)", " ".join(bodies))
    return str(path)


@pytest.mark.django_db(transaction=True)
def test_a_new_email_takes_effect_with_its_link(
    browser_of: BrowserOf, client: Client, alice_with_password: User
) -> None:
    alice, browser = alice_with_password, browser_of(alice_with_password)
    fields = {"email": "alicia@example.org", "current_password": PASSWORD}
    assert browser.post("/account/email", fields)["Location"] == "/account"
    assert "alicia@example.org" in browser.get("/account").content.decode()
    path = confirmation_link()
    assert "Confirm" in client.get(path).content.decode()
    alice.refresh_from_db()
    assert alice.email == "alice@example.org"  # a scanner that opens the link confirms nothing
    token = path.partition("=")[2]
    assert client.post("/confirm-email", {"token": token})["Location"] == "/sign-in"
    alice.refresh_from_db()
    assert alice.email == "alicia@example.org"
    assert "This link is no longer valid" in send(client, "/confirm-email", token=token)


@pytest.mark.django_db(transaction=True)
def test_an_email_change_can_be_canceled(browser_of: BrowserOf, alice_with_password: User) -> None:
    browser = browser_of(alice_with_password)
    fields = {"email": "alicia@example.org", "current_password": PASSWORD}
    browser.post("/account/email", fields)
    browser.post("/account/email/cancel")
    assert "alicia@example.org" not in browser.get("/account").content.decode()
    token = confirmation_link().partition("=")[2]
    assert "This link is no longer valid" in send(browser, "/confirm-email", token=token)


@pytest.mark.parametrize(
    ("email", "password", "error"),
    [
        ("bob@example.org", PASSWORD, "An account with this email address already exists."),
        ("new@example.org", "wrong", "Wrong current password."),
        ("new@example.org", "", "Enter your password."),
        ("alice@example.org", PASSWORD, "This is already your email address."),
    ],
)
def test_a_refused_email_change(
    browser_of: BrowserOf,
    alice_with_password: User,
    bob: User,
    email: str,
    password: str,
    error: str,
) -> None:
    browser = browser_of(alice_with_password)
    text = send(browser, "/account/email", email=email, current_password=password)
    assert errors_in(text) == [error]
    alice_with_password.refresh_from_db()
    assert alice_with_password.pending_email == ""


def test_an_unknown_status_is_refused(browser_of: BrowserOf, alice: User) -> None:
    assert errors_in(send(browser_of(alice), "/account/status", status="dancing", text=""))


def test_a_new_password_signs_out_everywhere_else(
    browser_of: BrowserOf, alice_with_password: User
) -> None:
    here, elsewhere = browser_of(alice_with_password), browser_of(alice_with_password)
    assert is_signed_in(here)
    assert is_signed_in(elsewhere)
    fields = {"current_password": PASSWORD, "new_password": NEW_PASSWORD}
    here.post("/account/password", fields)
    assert is_signed_in(here)
    assert not is_signed_in(elsewhere)


def test_a_wrong_current_password_is_reported_next_to_its_field(
    browser_of: BrowserOf, alice_with_password: User
) -> None:
    text = send(
        browser_of(alice_with_password),
        "/account/password",
        current_password="wrong",
        new_password=NEW_PASSWORD,
    )
    assert errors_in(text) == ["Wrong current password."]


# Where one is signed in


def test_a_device_is_signed_out(browser_of: BrowserOf, alice: User) -> None:
    browser = browser_of(alice)
    other = open_family(user=alice, user_agent="Mozilla/5.0 (Windows NT 10.0) Firefox/140.0")
    assert "Firefox on Windows" in browser.get("/account").content.decode()
    browser.post(f"/account/sign-ins/{other.id}/end")
    assert "Firefox on Windows" not in browser.get("/account").content.decode()
    assert is_signed_in(browser)


def test_signing_out_this_browser_in_the_list_is_signing_out(
    browser_of: BrowserOf, alice: User
) -> None:
    browser = browser_of(alice)
    browser.get("/account")
    own = TokenFamily.objects.get(user=alice)
    assert browser.post(f"/account/sign-ins/{own.id}/end")["Location"] == "/"
    assert not is_signed_in(browser)


def test_a_stranger_cannot_sign_out_another_account(
    browser_of: BrowserOf, alice: User, charlie: User
) -> None:
    browser = browser_of(alice)
    browser.get("/account")
    own = TokenFamily.objects.get(user=alice)
    browser_of(charlie).post(f"/account/sign-ins/{own.id}/end")
    assert is_signed_in(browser)


def test_signing_out_everywhere(browser_of: BrowserOf, alice: User) -> None:
    browsers = [browser_of(alice), browser_of(alice)]
    assert all(is_signed_in(browser) for browser in browsers)
    browsers[0].post("/account/sign-ins/end")
    assert not any(is_signed_in(browser) for browser in browsers)


# Deleting the account


def test_deleting_the_account_asks_for_the_password_and_signs_out(
    client: Client, alice_with_password: User
) -> None:
    client.force_login(alice_with_password)
    page = send(client, "/account/erase", current_password="wrong horse")
    assert errors_in(page) == ["Wrong current password."]
    assert not Job.objects.exists()
    answer = client.post("/account/erase", {"current_password": PASSWORD})
    assert (answer.status_code, answer["Location"]) == (302, "/")
    [job] = Job.objects.all()
    assert (job.type, job.owner) == ("data_processing.erase_person", alice_with_password)
    assert not is_signed_in(client)
