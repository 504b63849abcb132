"""The pages of word clouds and open texts, as they work without a script."""

import re
from typing import Any

import pytest
from django.test import Client

from accounts.models import User
from polls.models import Poll
from polls.services import close_poll
from tests.conftest import actor_of
from tests.polls.hosting import ask, send, settle
from tests.web.conftest import BrowserOf

pytestmark = pytest.mark.django_db(transaction=True)

KEY = "0123456789abcdef"


def post(browser: Client, poll: Poll, **fields: Any) -> str:
    """Sends the form; returns the page that the browser then shows."""
    answer = browser.post(f"/p/{poll.join_code}/vote", {"key": KEY, **fields}, follow=True)
    return visible(answer.content.decode())


def read(browser: Client, address: str) -> str:
    return visible(browser.get(address).content.decode())


def visible(html: str) -> str:
    """A page without the data for its scripts."""
    return html.partition('<script id="page-data"')[0]


def words_in(html: str) -> list[tuple[str, str, str]]:
    """Words of the result: their size, text and count."""
    return re.findall(
        r'data-size="(\d)"><bdi class="cloud-word">(.*?)</bdi> <span[^>]*>(.*?)</span>', html
    )


def cards_in(html: str) -> list[tuple[str, str]]:
    """Cards of the result: the length of their text, and the text."""
    card = r'data-length="(\w+)"><p class="wall-text" dir="auto">(.*?)</p>'
    return re.findall(card, html, re.DOTALL)


def test_words_are_sent_by_the_form_and_shown_by_size(alice: User, bob: User) -> None:
    poll = ask(alice, "word_cloud")
    send(bob, poll, "Trust", "Fun")
    html = post(Client(), poll, word=["  trust ", "", "صبر"])
    assert words_in(html) == [("6", "Trust", "2"), ("4", "Fun", "1"), ("4", "صبر", "1")]
    assert "4 words from 2 people" in html
    # The ballot has the reader's own words, as they were sent.
    assert re.findall(r'<bdi class="words-chip">(.*?)</bdi>', html) == ["trust", "صبر"]
    assert re.findall(r'name="word" value="(.*?)"', html) == ["trust", "صبر", ""]


def test_a_word_that_is_too_long_is_refused_with_the_limit(alice: User) -> None:
    poll = ask(alice, "word_cloud", {"maxChars": 5})
    assert "At most 5 characters are allowed." in post(Client(), poll, word=["abcdef"])
    assert "Answer the question first." in post(Client(), poll, word=["", " "])
    assert poll.votes.count() == 0
    # An emoji has two of the units that browsers count.
    assert 'maxlength="10"' in read(Client(), f"/p/{poll.join_code}")
    assert "🎉🎉🎉🎉🎉" in post(Client(), poll, word=["🎉🎉🎉🎉🎉"])


@pytest.mark.parametrize("kind", ["word_cloud", "open_text"])
def test_hidden_texts_are_not_on_any_page(
    alice: User, bob: User, browser_of: BrowserOf, kind: str
) -> None:
    poll = ask(alice, kind, results_visibility="after_close", embed_origins=["*"])
    send(bob, poll, "Secret")
    pages = {
        f"/p/{poll.join_code}": None,
        f"/embed/{poll.id}": None,
        # The audience sees what voters see.
        f"/present/{poll.id}": alice,
    }
    for address, reader in pages.items():
        html = browser_of(reader).get(address).content.decode()
        assert "Secret" not in html, address
        assert "hidden for now" in html
    # The host sees the results in /manage.
    assert "Secret" in read(browser_of(alice), f"/manage/{poll.id}")


def test_the_outcome_names_the_most_frequent_words(
    alice: User, bob: User, charlie: User, browser_of: BrowserOf
) -> None:
    poll = ask(alice, "word_cloud")
    send(bob, poll, "Fun", "Trust")
    send(charlie, poll, "fun")
    close_poll(actor=actor_of(alice), poll_id=poll.id)
    assert "Most frequent: Fun" in read(browser_of(alice), f"/present/{poll.id}")
    tied = ask(alice, "word_cloud")
    send(bob, tied, "Fun", "Trust")
    close_poll(actor=actor_of(alice), poll_id=tied.id)
    stage = read(browser_of(alice), f"/present/{tied.id}")
    assert "Most frequent: 2 words, among them Fun" in stage


def test_texts_are_cards_newest_first(alice: User, bob: User, charlie: User) -> None:
    poll = ask(alice, "open_text")
    send(bob, poll, "<b>Short</b>")
    send(charlie, poll, "Long. " * 35)
    html = post(Client(), poll, text="Two\r\nlines " + "of a text of medium length " * 3)
    lengths = [length for length, _ in cards_in(html)]
    assert lengths == ["medium", "long", "short"]
    assert cards_in(html)[2][1] == "&lt;b&gt;Short&lt;/b&gt;"
    assert cards_in(html)[0][1].startswith("Two\nlines")
    assert "3 answers" in html


def test_equal_texts_are_one_card_with_their_number(alice: User, bob: User, guest: User) -> None:
    poll = ask(alice, "open_text")
    send(bob, poll, "Danke!")
    html = post(Client(), poll, text="Danke!")
    assert cards_in(html) == [("short", "Danke!")]
    assert "Sent by 2 people" in html
    assert ">2 answers<" in html


def test_a_line_break_of_a_form_is_one_character(alice: User) -> None:
    poll = ask(alice, "open_text", {"maxChars": 10})
    assert "At most 10 characters are allowed." in post(Client(), poll, text="12345\r\n78901")
    assert cards_in(post(Client(), poll, text="12345\r\n7890")) == [("short", "12345\n7890")]


def test_a_text_that_waits_for_approval_is_announced_and_not_shown(alice: User) -> None:
    poll = ask(alice, "open_text", {"needsApproval": True})
    browser = Client()
    before = read(browser, f"/p/{poll.join_code}")
    assert "Others see it once the host has approved it." in before
    after = post(browser, poll, text="Mine")
    assert '<p class="text-yours" id="text-yours" dir="auto">Mine</p>' in after
    assert "Others see your answer once the host has approved it." in after
    assert "Answers appear here once they are approved." in after
    assert cards_in(after) == []
    assert "Mine" not in read(Client(), f"/p/{poll.join_code}")
    settle(alice, poll, "approve", text="Mine")
    assert cards_in(read(Client(), f"/p/{poll.join_code}")) == [("short", "Mine")]
