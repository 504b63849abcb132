"""Asking, voting for questions and adding options on pages, without a script."""

import re
from typing import Any
from uuid import UUID

import pytest
from django.test import Client

from accounts.models import User
from polls.models import Poll
from polls.services import close_poll
from tests.conftest import actor_of
from tests.polls.hosting import APPROVAL, NONE, OPEN, ask, choose, settle, shown, suggest, waiting
from tests.web.conftest import BrowserOf, data_in

pytestmark = pytest.mark.django_db(transaction=True)

KEY = "0123456789abcdef"
SCRIPT = {"Accept": "application/json"}


def add(browser: Client, poll: Poll, text: str, *, key: str = KEY) -> str:
    """Sends the form that adds; returns the page that the browser then shows."""
    fields = {"key": key, "text": text}
    answer = browser.post(f"/p/{poll.join_code}/options", fields, follow=True)
    assert answer.redirect_chain == [(f"/p/{poll.join_code}", 302)]
    return answer.content.decode()


def vote(browser: Client, poll: Poll, *ids: UUID) -> str:
    fields = {"key": KEY, "option": [str(each) for each in ids]}
    return browser.post(f"/p/{poll.join_code}/vote", fields, follow=True).content.decode()


def questions_in(html: str) -> list[tuple[str, str]]:
    """The questions of a page in their order: count and text."""
    return re.findall(
        r'class="question-count numbers">(.*?)</span></span>\s*'
        r'<span class="question-text" dir="auto">(.*?)</span>',
        html,
    )


def test_a_visitor_asks_and_votes_by_forms(alice: User, bob: User) -> None:
    poll = ask(alice, "questions")
    browser = Client()
    assert (
        "No questions yet. Ask the first one."
        in browser.get(f"/p/{poll.join_code}").content.decode()
    )
    html = add(browser, poll, "Why\r\n now?")
    assert "Your question was added." in html
    assert questions_in(html) == [("0", "Why now?")]
    other = suggest(bob, poll, "Why not?")
    html = vote(browser, poll, other)
    assert questions_in(html) == [("1", "Why not?"), ("0", "Why now?")]
    assert re.search(rf'value="{other}" checked', html)
    assert User.objects.filter(is_guest=True).count() == 1


def test_questions_are_sorted_and_marked_on_every_page(
    alice: User, bob: User, browser_of: BrowserOf
) -> None:
    poll = ask(alice, "questions", embed_origins=["*"])
    answered, popular, pinned, _ = (suggest(bob, poll, text) for text in "APQN")
    choose(bob, poll, answered, popular)
    settle(alice, poll, "answer", option_id=answered)
    settle(alice, poll, "pin", option_id=pinned)
    pages = (
        f"/p/{poll.join_code}",
        f"/present/{poll.id}",
        f"/manage/{poll.id}",
        f"/embed/{poll.id}",
    )
    for address in pages:
        html = browser_of(alice).get(address).content.decode()
        expected = [("0", "Q"), ("1", "P"), ("0", "N"), ("1", "A")]
        assert questions_in(html) == expected, address
        assert html.count(" data-pinned>") == html.count(" data-answered>") == 1
    assert (
        "4 questions, 1 answered" in browser_of(alice).get(f"/present/{poll.id}").content.decode()
    )


def test_hidden_counts_of_questions_are_not_on_the_page(alice: User, bob: User) -> None:
    poll = ask(alice, "questions", results_visibility="after_close")
    first, second = suggest(bob, poll, "First?"), suggest(bob, poll, "Second?")
    choose(bob, poll, second)
    html = Client().get(f"/p/{poll.join_code}").content.decode()
    # Neither the number nor the order says which one has votes.
    assert questions_in(html) == [("", "First?"), ("", "Second?")]
    assert first != second


def test_a_question_that_waits_is_shown_to_its_author_only(
    alice: User, bob: User, browser_of: BrowserOf
) -> None:
    poll = ask(alice, "questions", {"needsApproval": True})
    browser = Client()
    html = add(browser, poll, "Why?")
    assert "Your question waits for the host’s approval." in html
    assert '<span dir="auto">Why?</span> <span class="badge">Waiting for approval</span>' in html
    assert questions_in(html) == []
    for reader in (None, bob, alice):
        assert "Why?" not in browser_of(reader).get(f"/p/{poll.join_code}").content.decode()
    [waits] = data_in(html)["suggestions"]
    assert (waits["text"], waits["state"]) == ("Why?", "pending")
    settle(alice, poll, "approve", suggestion_id=UUID(waits["id"]))
    html = browser.get(f"/p/{poll.join_code}").content.decode()
    assert questions_in(html) == [("0", "Why?")]
    assert "Waiting for approval</span></li>" not in html


def test_refusals_are_sentences(alice: User, bob: User) -> None:
    poll = ask(alice, "questions")
    suggest(bob, poll, "Why?")
    assert "This is there already." in add(Client(), poll, "why?")
    close_poll(actor=actor_of(alice), poll_id=poll.id)
    guests = User.objects.filter(is_guest=True).count()
    assert "This poll is closed." in add(Client(), poll, "Too late?", key="another key of a page")
    # Nobody becomes a guest for a request that is refused.
    assert User.objects.filter(is_guest=True).count() == guests


def test_the_script_gets_what_was_added(alice: User) -> None:
    poll = ask(alice, "questions")
    url = f"/p/{poll.join_code}/options"
    answer = Client().post(url, {"key": KEY, "text": "Why?"}, headers=SCRIPT)
    body: dict[str, Any] = answer.json()
    assert (answer.status_code, body["state"], body["option"]["text"]) == (200, "shown", "Why?")
    refused = Client().post(url, {"key": KEY + "2", "text": "Why?"}, headers=SCRIPT)
    assert (refused.status_code, refused.json()["code"]) == (409, "option.exists")


@pytest.mark.parametrize(("setting", "has_form"), [(NONE, False), (OPEN, True), (APPROVAL, True)])
def test_choices_have_the_form_where_the_host_allows_it(
    alice: User, setting: str, has_form: bool
) -> None:
    poll = ask(alice, "multiple", participant_options=setting)
    assert ('id="option-form"' in Client().get(f"/p/{poll.join_code}").content.decode()) == has_form
    html = add(Client(), poll, "C")
    if setting == OPEN:
        assert "Your option was added." in html
    assert ("C" in shown(poll), waiting(poll)) == (
        setting == OPEN,
        ["C"] if setting == APPROVAL else [],
    )
    if not has_form:
        assert "You can’t add anything to this poll." in html


def test_a_poll_that_a_stranger_may_not_see_takes_nothing(
    alice: User, charlie: User, browser_of: BrowserOf
) -> None:
    poll = ask(alice, "questions", is_published=False)
    answer = browser_of(charlie).post(f"/p/{poll.join_code}/options", {"key": KEY, "text": "Why?"})
    assert answer.status_code == 404
    assert shown(poll) == {}
