"""The page of an invitation: signed out, with the right account and with another; and in lists."""

import re
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone
from pytest_django import DjangoCaptureOnCommitCallbacks as Committing

from accounts.models import User
from tests.conftest import PASSWORD, make_user
from tests.web.conftest import BrowserOf
from tests.workspaces.inviting import DORA, make_project, role_of, send, sent_emails, token_in
from workspaces import roster
from workspaces.models import Invitation, Member, Project

pytestmark = pytest.mark.django_db


@pytest.fixture
def project(alice: User) -> Project:
    return make_project(alice, name="Town <hall>")


@pytest.fixture
def page(alice: User, project: Project, django_capture_on_commit_callbacks: Committing) -> str:
    """The page that the email of dora's invitation links to."""
    with django_capture_on_commit_callbacks(execute=True):
        send(alice, project, role="collaborator")
    return f"/invitations/{token_in(sent_emails()[-1])}"


@pytest.fixture
def dora(db: None) -> User:
    return make_user("Dora")


def text_of(answer: Any, status: int = 200) -> str:
    assert answer.status_code == status
    return str(answer.content.decode())


def links_in(html: str) -> list[str]:
    main = html.partition("<main")[2].partition("</main>")[0]
    return re.findall(r'(?:href|action)="([^"]+)"', main)


# Signed out


def test_signed_out_it_shows_the_offer_with_the_masked_address(client: Client, page: str) -> None:
    answer = client.get(page)
    html = text_of(answer)
    assert "<bdi>Alice</bdi> invites you to “<bdi>Town &lt;hall&gt;</bdi>”" in html
    assert "Collaborator" in html
    assert "d…@example.org" in html
    assert DORA not in html
    assert links_in(html) == [f"/register?next={page}", f"/sign-in?next={page}"]
    assert "no-store" in answer["Cache-Control"]


def test_guests_see_it_like_visitors(
    browser_of: BrowserOf, guest: User, page: str, client: Client
) -> None:
    assert links_in(text_of(browser_of(guest).get(page))) == links_in(text_of(client.get(page)))


def test_registering_from_it_returns_to_it_and_the_address_is_filled_in(
    client: Client, page: str, project: Project
) -> None:
    form = text_of(client.get("/register", {"next": page}))
    assert f'value="{DORA}"' in form
    fields = {"name": "Dora", "email": DORA, "password": PASSWORD, "next": page}
    assert client.post("/register", fields)["Location"] == page
    html = text_of(client.get(page))
    assert links_in(html) == [f"{page}/accept", f"{page}/decline"]
    accepted = client.post(f"{page}/accept")
    assert accepted["Location"] == f"/manage/projects/{project.id}"
    assert role_of(User.objects.get(email=DORA), project) == "collaborator"
    shown = text_of(client.get(accepted["Location"]))
    assert "You’re a member of “Town &lt;hall&gt;” now." in shown


def test_signing_in_from_it_fills_in_the_address(client: Client, page: str) -> None:
    assert f'value="{DORA}"' in text_of(client.get("/sign-in", {"next": page}))


@pytest.mark.parametrize("state", ["unknown", "by id", "expired", "revoked"])
def test_other_links_fill_in_nothing(client: Client, page: str, state: str) -> None:
    invitation = Invitation.objects.get()
    if state in {"expired", "revoked"}:
        field = {"expired": "expires_at", "revoked": "revoked_at"}[state]
        Invitation.objects.update(**{field: timezone.now()})
    target = {"unknown": "/invitations/x", "by id": f"/invitations/{invitation.id}"}.get(
        state, page
    )
    for form in ("/register", "/sign-in"):
        assert DORA not in text_of(client.get(form, {"next": target}))


@pytest.mark.parametrize("action", ["accept", "decline"])
def test_visitors_and_guests_who_answer_come_back_to_it(
    browser_of: BrowserOf, guest: User, page: str, action: str
) -> None:
    for browser in (browser_of(None), browser_of(guest)):
        assert browser.post(f"{page}/{action}")["Location"] == page
    assert Invitation.objects.filter(Invitation.OPEN).exists()


def test_the_id_in_a_list_needs_the_account(client: Client, page: str) -> None:
    own = f"/invitations/{Invitation.objects.get().id}"
    for target in (own, "/invitations/01985c2e-8f10-7d52-b3a4-6a0c5e9d5d01"):
        assert client.get(target)["Location"].startswith("/sign-in?next=")


# With an account


def test_opening_the_page_answers_nothing(browser_of: BrowserOf, dora: User, page: str) -> None:
    """Mail scanners open links."""
    browser = browser_of(dora)
    text_of(browser.get(page))
    for action in ("accept", "decline"):
        assert browser.get(f"{page}/{action}").status_code == 405
    assert Invitation.objects.filter(Invitation.OPEN).exists()


def test_declining(browser_of: BrowserOf, dora: User, page: str, project: Project) -> None:
    browser = browser_of(dora)
    answer = browser.post(f"{page}/decline", follow=True)
    assert "Invitation declined." in text_of(answer)
    assert role_of(dora, project) is None
    assert "not valid" in text_of(browser.get(page), 404)


def test_another_account_is_told_which_one_is_needed(
    browser_of: BrowserOf, bob: User, page: str, project: Project
) -> None:
    browser = browser_of(bob)
    html = text_of(browser.get(page))
    assert "d…@example.org" in html
    assert "bob@example.org" in html
    assert links_in(html) == ["/sign-out", "/account"]
    refused = text_of(browser.post(f"{page}/accept", follow=True))
    assert "for another email address" in refused
    assert role_of(bob, project) is None
    assert browser.post("/sign-out", {"next": page})["Location"] == page
    assert f"/sign-in?next={page}" in links_in(text_of(browser.get(page)))


@pytest.mark.parametrize("target", ["https://evil.test/", "//evil.test", "web:account"])
def test_signing_out_does_not_redirect_to_another_site(
    browser_of: BrowserOf, bob: User, target: str
) -> None:
    assert browser_of(bob).post("/sign-out", {"next": target})["Location"] == "/"


def test_an_expired_invitation_says_so(
    client: Client, browser_of: BrowserOf, dora: User, page: str
) -> None:
    Invitation.objects.update(expires_at=timezone.now())
    for browser in (client, browser_of(dora)):
        html = text_of(browser.get(page), 410)
        assert "The invitation has expired" in html
        assert "Alice" not in html.partition("<main")[2]
    assert browser_of(dora).post(f"{page}/accept")["Location"] == page


def test_withdrawn_and_unknown_invitations_look_alike(client: Client, page: str) -> None:
    Invitation.objects.update(revoked_at=timezone.now())
    withdrawn, unknown = (
        text_of(client.get(each), 404).replace(each, "") for each in (page, "/invitations/unknown")
    )
    assert "The invitation is not valid" in withdrawn
    csrf = re.compile(r'name="csrfmiddlewaretoken" value="\w+"')
    assert csrf.sub("", withdrawn) == csrf.sub("", unknown)


def test_the_link_leads_to_the_project_once_it_was_used(
    browser_of: BrowserOf, dora: User, bob: User, alice: User, page: str, project: Project
) -> None:
    browser = browser_of(dora)
    browser.post(f"{page}/accept")
    assert browser.get(page)["Location"] == f"/manage/projects/{project.id}"
    for other in (bob, alice):
        text_of(browser_of(other).get(page), 404)
    Member.objects.filter(user=dora).delete()
    text_of(browser.get(page), 404)


def test_a_refusal_is_shown_on_the_page(
    browser_of: BrowserOf, dora: User, page: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(roster, "MAX_MEMBERS", 1)
    html = text_of(browser_of(dora).post(f"{page}/accept", follow=True))
    assert "This project has reached its maximum size." in html
    assert f"{page}/accept" in links_in(html)


# In lists


@pytest.mark.parametrize("list_page", ["/manage", "/manage/projects"])
def test_open_invitations_are_shown_and_answered_in_lists(
    browser_of: BrowserOf, dora: User, bob: User, page: str, project: Project, list_page: str
) -> None:
    own = f"/invitations/{Invitation.objects.get().id}"
    browser = browser_of(dora)
    html = text_of(browser.get(list_page))
    assert "<bdi>Alice</bdi> invites you to “<bdi>Town &lt;hall&gt;</bdi>”" in html
    assert {own, f"{own}/accept", f"{own}/decline"} <= set(links_in(html))
    assert "Invitations to projects" not in text_of(browser_of(bob).get(list_page))
    assert f"{own}/accept" in links_in(text_of(browser.get(own)))
    browser.post(f"{own}/accept")
    assert role_of(dora, project) == "collaborator"
    assert "Invitations to projects" not in text_of(browser.get(list_page))


def test_an_invitation_of_a_list_that_was_withdrawn(
    browser_of: BrowserOf, dora: User, page: str
) -> None:
    own = f"/invitations/{Invitation.objects.get().id}"
    Invitation.objects.update(revoked_at=timezone.now())
    assert "not valid" in text_of(browser_of(dora).post(f"{own}/accept", follow=True), 404)
