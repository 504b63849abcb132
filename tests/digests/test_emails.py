"""The email with a digest, and the link that ends them."""

import re
from typing import Any
from urllib.parse import urlsplit

import pytest
from django.test import Client
from django.utils import timezone
from pytest_django import Settings

from accounts.models import Digest, User
from apikit.ids import new_id
from digests.collecting import DigestContent, PollChanges
from digests.emails import write_digest
from digests.subscriptions import unsubscribe_url

pytestmark = pytest.mark.django_db

HOSTILE = 'Win at https://evil.example/x <a href="//evil.example">now</a> +1 555 123 456 789'


@pytest.fixture
def content() -> DigestContent:
    """Something of everything, with texts that would be links."""
    now = timezone.now()
    poll = PollChanges(new_id(), HOSTILE, "Town hall", 1234, is_opened=True, is_closed=True)
    return DigestContent(
        now,
        now,
        opened=1,
        closed=1,
        ballots=1234,
        polls=[poll],
        more_polls=3,
        members=[(HOSTILE, HOSTILE)],
        more_members=2,
        invitations=[(HOSTILE, 2)],
        failed_jobs=2,
    )


def parts_of(user: User, content: DigestContent) -> tuple[Any, str, str]:
    message = write_digest(user, content)
    [(html, kind)] = message.alternatives
    assert kind == "text/html"
    return message, str(message.body), str(html)


def test_texts_of_people_are_quoted_and_no_links(alice: User, content: DigestContent) -> None:
    message, text, html = parts_of(alice, content)
    poll_link = f"http://localhost:8000/manage/{content.polls[0].id}"
    assert poll_link in text
    assert f'href="{poll_link}"' in html
    for body in (text, html):
        assert "evil.example" not in body
        assert "1,234 people voted" in body
        assert "Town hall" in body
    links = set(re.findall(r'https?://[^\s"<]+', html))
    assert {urlsplit(each).netloc for each in links} == {"localhost:8000"}
    assert "<a href" not in text
    assert message.to == ["alice@example.org"]


def test_mail_programs_can_unsubscribe_with_one_click(alice: User, content: DigestContent) -> None:
    message, text, html = parts_of(alice, content)
    url = unsubscribe_url(alice.id)
    assert url in text
    assert f'href="{url}"' in html
    assert message.extra_headers == {
        "Auto-Submitted": "auto-generated",
        "List-Unsubscribe": f"<{url}>",
        "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
    }


@pytest.mark.parametrize(
    ("language", "direction", "subject"),
    [
        ("", "ltr", "What happened"),
        ("de", "ltr", "Das geschah"),
        ("ar", "rtl", "ما حدث"),
    ],
)
def test_it_is_in_the_language_of_the_account(
    alice: User, content: DigestContent, language: str, direction: str, subject: str
) -> None:
    alice.language = language
    message, text, html = parts_of(alice, content)
    assert message.subject.startswith(subject)
    assert f'dir="{direction}"' in html
    assert ("people voted" in text) == (language == "")


def path_of(user: User) -> str:
    return urlsplit(unsubscribe_url(user.id)).path


def test_opening_the_link_changes_nothing_and_the_form_ends_digests(alice: User, bob: User) -> None:
    User.objects.update(digest=Digest.DAILY)
    browser = Client()
    page = browser.get(path_of(alice))
    assert page.status_code == 200
    assert User.objects.get(id=alice.id).digest == Digest.DAILY
    answer = browser.post(path_of(alice))
    assert (answer.status_code, answer["Location"]) == (302, "/")
    assert User.objects.get(id=alice.id).digest == Digest.OFF
    assert User.objects.get(id=bob.id).digest == Digest.DAILY


def test_a_mail_program_needs_neither_cookies_nor_a_csrf_token(alice: User) -> None:
    User.objects.update(digest=Digest.WEEKLY)
    program = Client(enforce_csrf_checks=True)
    answer = program.post(path_of(alice), {"List-Unsubscribe": "One-Click"})
    assert (answer.status_code, answer.content) == (204, b"")
    assert answer.cookies == {}
    assert User.objects.get(id=alice.id).digest == Digest.OFF


def test_a_forged_link_is_refused_and_that_of_a_deleted_account_is_not(
    alice: User, settings: Settings
) -> None:
    User.objects.update(digest=Digest.DAILY)
    forged = f"/digest/unsubscribe/{alice.id.hex}:1wXyZ0:0123456789abcdef"
    for path in (forged, "/digest/unsubscribe/nonsense"):
        assert Client().get(path).status_code == 404
        assert Client().post(path).status_code == 404
    assert User.objects.get(id=alice.id).digest == Digest.DAILY
    path = path_of(alice)
    alice.delete()
    assert Client().post(path).status_code == 302


def test_the_account_page_sets_it(alice: User, guest: User) -> None:
    browser = Client()
    browser.force_login(alice)
    page = browser.get("/account").content.decode()
    assert '<option value="off" selected>' in page
    assert browser.post("/account/digest", {"digest": "weekly"}).status_code == 302
    assert User.objects.get(id=alice.id).digest == Digest.WEEKLY
    assert browser.post("/account/digest", {"digest": "hourly"}).status_code == 200
    browser.force_login(guest)
    browser.post("/account/digest", {"digest": "weekly"})
    assert User.objects.get(id=guest.id).digest == Digest.OFF
