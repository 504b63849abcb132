"""The panel for hosts on ``/manage/<id>``: who has it, and its forms without a script."""

import pytest
from django.test import Client

from accounts.models import User
from polls.models import ParticipantOptions, Poll
from tests.conftest import MakePoll
from tests.polls.hosting import ask, send, settle, shown, suggest
from tests.web.conftest import BrowserOf
from web.hosting import choice_fields, read_panel

pytestmark = pytest.mark.django_db(transaction=True)


def decide(browser: Client, poll: Poll, decision: str, **fields: str) -> int:
    path = f"/manage/{poll.id}/decisions"
    return browser.post(path, {"decision": decision, **fields}).status_code


def lists(browser: Client, poll: Poll) -> str:
    answer = browser.get(f"/manage/{poll.id}/decisions", headers={"Accept": "application/json"})
    assert answer.status_code == 200
    html: str = answer.json()["html"]
    return html


def test_only_hosts_read_and_decide(
    browser_of: BrowserOf, alice: User, bob: User, guest: User, staff: User
) -> None:
    poll = ask(alice, "questions", {"needsApproval": True})
    waits = suggest(bob, poll, "Why?")
    for person in (bob, guest, None):
        browser = browser_of(person) if person is not None else Client()
        status = decide(browser, poll, f"approve|suggestion|{waits}")
        answer = browser.get(f"/manage/{poll.id}/decisions", headers={"Accept": "application/json"})
        assert status in {302, 403, 404}
        assert answer.status_code in {302, 401, 403, 404}
        assert "Why?" not in answer.content.decode()
    assert shown(poll) == {}
    for person in (alice, staff):
        assert "Why?" in lists(browser_of(person), poll)
    assert decide(browser_of(alice), poll, f"approve|suggestion|{waits}") == 302
    assert shown(poll) == {"Why?": 0}


def test_a_browser_without_a_script_is_led_back_with_a_sentence(
    browser_of: BrowserOf, alice: User, bob: User
) -> None:
    poll, browser = ask(alice, "questions"), browser_of(alice)
    option = suggest(bob, poll, "Why?")
    path = f"/manage/{poll.id}/decisions"
    answer = browser.post(path, {"decision": f"remove|option|{option}"}, follow=False)
    assert answer["Location"] == f"/manage/{poll.id}#hosting"
    refused = browser.post(path, {"decision": "explode|option|1"})
    assert refused["Location"] == f"/manage/{poll.id}#hosting"
    assert "Why?" in lists(browser, poll), "below what was removed"


def test_buttons_name_texts_with_lines_and_bars() -> None:
    fields = choice_fields("approve|text|Two\r\nlines | and a bar", {})
    assert fields == {"action": "approve", "text": "Two\nlines | and a bar"}
    assert choice_fields("merge|word|", {"word": "teas", "into": "tea"}) == {
        "action": "merge",
        "word": "teas",
        "into": "tea",
    }
    assert choice_fields("", {}) == {"action": "", "word": ""}


def test_polls_in_which_there_is_nothing_to_decide_have_no_panel(
    make_poll: MakePoll, alice: User, bob: User
) -> None:
    assert read_panel(make_poll()) is None
    numeric = ask(alice, "numeric", {"min": 0, "max": 10})
    assert read_panel(numeric) is None
    poll = ask(alice, "single", participant_options=ParticipantOptions.APPROVAL)
    suggest(bob, poll, "C")
    assert read_panel(poll) is not None
    # What waits can be decided about although nothing can be added any more.
    Poll.objects.filter(id=poll.id).update(participant_options=ParticipantOptions.NONE)
    assert read_panel(Poll.objects.get(id=poll.id)) is not None


def test_the_panel_has_the_lists_of_its_kind(browser_of: BrowserOf, alice: User, bob: User) -> None:
    texts, cloud = ask(alice, "open_text", {"needsApproval": True}), ask(alice, "word_cloud")
    send(bob, texts, "<b>Hello</b>")
    send(bob, cloud, "tea")
    settle(alice, cloud, "merge", word="coffee", into="tea")
    browser = browser_of(alice)
    assert "&lt;b&gt;Hello&lt;/b&gt;" in lists(browser, texts)
    assert "counts as" in lists(browser, cloud)
