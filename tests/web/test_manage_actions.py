"""Actions on a poll: publish, close, reopen, duplicate, delete."""

from uuid import uuid4

import pytest
from django.test import Client

from accounts.models import User
from polls.models import Poll, PollState
from polls.services import close_poll, hide_poll
from tests.conftest import MakePoll, actor_of
from tests.web.conftest import BrowserOf

pytestmark = pytest.mark.django_db

ACTIONS = ["publish", "close", "reopen", "duplicate", "delete"]


def state_of(poll: Poll) -> str:
    poll.refresh_from_db()
    return poll.state


def test_publish_close_and_reopen(browser_of: BrowserOf, alice: User, make_poll: MakePoll) -> None:
    poll = make_poll(is_published=False)
    browser = browser_of(alice)
    for action, state, words in [
        ("publish", PollState.OPEN, "Poll published"),
        ("close", PollState.CLOSED, "Poll closed"),
        ("reopen", PollState.OPEN, "Poll reopened"),
    ]:
        answer = browser.post(f"/manage/{poll.id}/{action}", follow=True)
        assert answer.redirect_chain == [(f"/manage/{poll.id}", 302)]
        assert words in answer.content.decode()
        assert state_of(poll) == state


def test_a_duplicate_is_opened_for_editing(
    browser_of: BrowserOf, alice: User, make_poll: MakePoll
) -> None:
    poll = make_poll()
    answer = browser_of(alice).post(f"/manage/{poll.id}/duplicate")
    copy = Poll.objects.exclude(id=poll.id).get()
    assert answer["Location"] == f"/manage/{copy.id}/edit"
    assert copy.state == PollState.DRAFT


def test_deleting_needs_confirmation(
    browser_of: BrowserOf, alice: User, make_poll: MakePoll
) -> None:
    poll = make_poll()
    browser = browser_of(alice)
    assert "Delete permanently" in browser.get(f"/manage/{poll.id}/delete").content.decode()
    assert Poll.objects.filter(id=poll.id).exists()
    answer = browser.post(f"/manage/{poll.id}/delete", follow=True)
    assert answer.redirect_chain == [("/manage", 302)]
    assert "Poll and votes deleted" in answer.content.decode()
    assert not Poll.objects.filter(id=poll.id).exists()


@pytest.mark.parametrize("action", ACTIONS)
def test_a_strangers_poll_looks_missing(
    browser_of: BrowserOf, charlie: User, make_poll: MakePoll, action: str
) -> None:
    poll = make_poll()
    stranger = browser_of(charlie)
    for poll_id in (poll.id, uuid4()):
        assert stranger.post(f"/manage/{poll_id}/{action}").status_code == 404
    assert state_of(poll) == PollState.OPEN
    assert Poll.objects.count() == 1


@pytest.mark.parametrize("action", ACTIONS)
def test_visitors_and_guests_are_redirected_to_sign_in(
    browser_of: BrowserOf, guest: User, make_poll: MakePoll, action: str
) -> None:
    poll = make_poll()
    for user in (None, guest):
        answer = browser_of(user).post(f"/manage/{poll.id}/{action}")
        assert answer["Location"].startswith("/sign-in")
    assert state_of(poll) == PollState.OPEN


def test_staff_manage_all_polls(browser_of: BrowserOf, staff: User, make_poll: MakePoll) -> None:
    poll = make_poll()
    browser_of(staff).post(f"/manage/{poll.id}/close")
    assert state_of(poll) == PollState.CLOSED


@pytest.mark.parametrize("action", ACTIONS)
def test_a_form_needs_a_csrf_token(alice: User, make_poll: MakePoll, action: str) -> None:
    poll = make_poll()
    browser = Client(enforce_csrf_checks=True)
    browser.force_login(alice)
    assert browser.post(f"/manage/{poll.id}/{action}").status_code == 403
    assert state_of(poll) == PollState.OPEN
    assert Poll.objects.count() == 1


@pytest.mark.parametrize("action", ["publish", "close", "reopen", "duplicate"])
def test_a_get_request_does_nothing(
    browser_of: BrowserOf, alice: User, make_poll: MakePoll, action: str
) -> None:
    assert browser_of(alice).get(f"/manage/{make_poll().id}/{action}").status_code == 404


def test_errors_have_plain_sentences(
    browser_of: BrowserOf, alice: User, staff: User, make_poll: MakePoll
) -> None:
    browser = browser_of(alice)
    draft, hidden, closed = make_poll(is_published=False), make_poll(), make_poll()
    hide_poll(actor=actor_of(staff), poll_id=hidden.id, reason="Rude.")
    close_poll(actor=actor_of(alice), poll_id=closed.id)
    for poll, action, words in [
        (draft, "close", "This poll is a draft. Publish it first."),
        (hidden, "close", "A moderator has hidden this poll."),
        (hidden, "delete", "A moderator has hidden this poll."),
        (closed, "publish", "This poll is closed."),
    ]:
        answer = browser.post(f"/manage/{poll.id}/{action}", follow=True)
        assert f'notice-error">{words}' in answer.content.decode()


def test_an_action_returns_to_its_page_within_the_site(
    browser_of: BrowserOf, alice: User, make_poll: MakePoll
) -> None:
    poll = make_poll()
    browser = browser_of(alice)
    for sent, target in [
        ("/manage?page=2", "/manage?page=2"),
        ("https://example.com/", f"/manage/{poll.id}"),
        ("//example.com/", f"/manage/{poll.id}"),
        ("nonsense", f"/manage/{poll.id}"),
        ("account", f"/manage/{poll.id}"),
    ]:
        assert browser.post(f"/manage/{poll.id}/close", {"next": sent})["Location"] == target


def test_a_script_gets_json(
    browser_of: BrowserOf, alice: User, charlie: User, make_poll: MakePoll
) -> None:
    poll = make_poll(is_published=False)
    headers = {"Accept": "application/json"}
    answer = browser_of(alice).post(f"/manage/{poll.id}/publish", headers=headers).json()
    assert answer["url"] == f"/manage/{poll.id}"
    assert answer["state"]["head"]["state"] == "open"
    refused = browser_of(charlie).post(f"/manage/{poll.id}/close", headers=headers)
    assert (refused.status_code, refused.json()["code"]) == (404, "poll.not_found")
    gone = browser_of(alice).post(f"/manage/{poll.id}/delete", headers=headers).json()
    assert (gone["url"], gone["state"]) == ("/manage", None)
