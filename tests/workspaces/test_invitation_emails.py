"""The emails with invitations: languages, text and HTML, names that cannot be misused."""

from typing import Any

import pytest
from django.utils import translation
from pytest_django import DjangoCaptureOnCommitCallbacks as Committing
from pytest_django import Settings

from accounts.models import User
from tests.conftest import actor_of, make_user
from tests.workspaces.inviting import make_project, send, sent_emails, token_in
from workspaces.invitation_selectors import get_invitation_for, hash_token
from workspaces.invitations import resend_invitation
from workspaces.models import Project

pytestmark = pytest.mark.django_db


@pytest.fixture
def project(alice: User) -> Project:
    return make_project(alice)


def html_of(email: Any) -> str:
    [(html, kind)] = email.alternatives
    assert kind == "text/html"
    return str(html)


@pytest.fixture
def mail(alice: User, project: Project, django_capture_on_commit_callbacks: Committing) -> Any:
    """Invites somebody, and returns the email."""

    def invite(role: str = "viewer") -> Any:
        with django_capture_on_commit_callbacks(execute=True):
            send(alice, project, role=role)
        [email] = sent_emails()
        return email

    return invite


def test_it_is_sent_as_text_and_html_with_one_link(mail: Any, settings: Settings) -> None:
    settings.PUBLIC_URL = "https://polls.example.org"
    email = mail()
    link = f"https://polls.example.org/invitations/{token_in(email)}"
    assert email.to == ["dora@example.org"]
    assert email.body.count("https://") == 2
    assert f"\n{link}\n" in email.body
    assert f'href="{link}"' in html_of(email)
    assert email.extra_headers == {"Auto-Submitted": "auto-generated"}
    assert email.message().get_content_type() == "multipart/alternative"


def test_only_the_hash_of_the_token_is_stored(mail: Any, alice: User) -> None:
    token = token_in(mail())
    invitation = get_invitation_for(actor_of(alice), token)
    assert len(token) >= 43
    assert invitation.token_hash == hash_token(token)
    assert token not in str(vars(invitation))


@pytest.mark.parametrize(
    ("role", "words"), [("owner", "own it"), ("collaborator", "edit"), ("viewer", "vote")]
)
def test_it_says_what_the_role_means(mail: Any, role: str, words: str) -> None:
    email = mail(role)
    assert words in email.body
    assert words in html_of(email)


@pytest.mark.parametrize(
    ("recipient", "inviter", "subject"),
    [
        (None, "", "Invitation to"),
        (None, "de", "Einladung zu"),
        ("", "de", "Einladung zu"),
        ("ar", "de", "دعوة إلى"),
        ("en", "de", "Invitation to"),
        ("xx", "de", "Einladung zu"),
        (None, "xx", "Invitation to"),
    ],
)
def test_it_is_in_the_language_of_the_recipient_or_else_of_the_inviter(
    alice: User, mail: Any, recipient: str | None, inviter: str, subject: str
) -> None:
    User.objects.filter(id=alice.id).update(language=inviter)
    if recipient is not None:
        make_user("Dora", language=recipient)
    # The language of another request in this thread.
    with translation.override("ar"):
        assert mail().subject.startswith(subject)


def test_arabic_is_written_from_right_to_left(alice: User, mail: Any) -> None:
    User.objects.filter(id=alice.id).update(language="ar")
    html = html_of(mail())
    assert '<html lang="ar" dir="rtl">' in html
    # For mail programs that drop the html element.
    assert html.count('lang="ar" dir="rtl"') == 2


def test_names_are_quoted_in_a_harmless_form(alice: User, project: Project, mail: Any) -> None:
    User.objects.filter(id=alice.id).update(name="Alice <b>\u202e www.spam.example")
    Project.objects.filter(id=project.id).update(name="Win & call 0049 30 1234567 now" + "!" * 70)
    email = mail()
    names = ("“Alice b …”", f"“Win & call … now{'!' * 43}…”")
    assert all(name in email.body for name in names)
    html = html_of(email)
    assert "“<bdi>Alice b …</bdi>”" in html
    assert "“<bdi>Win &amp; call … now" in html
    for text in (email.body, html):
        assert "spam" not in text
        assert "1234567" not in text
    assert "Alice" not in email.subject


def test_the_link_of_the_email_before_is_void_after_sending_again(
    alice: User, project: Project, mail: Any, django_capture_on_commit_callbacks: Committing
) -> None:
    first = token_in(mail())
    invitation = get_invitation_for(actor_of(alice), first)
    with django_capture_on_commit_callbacks(execute=True):
        resend_invitation(actor=actor_of(alice), project_id=project.id, invitation_id=invitation.id)
    assert token_in(sent_emails()[-1]) != first
