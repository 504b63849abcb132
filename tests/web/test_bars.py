"""Server-rendered bars: their length is the percentage."""

import re

import pytest
from django.test import Client

from accounts.models import User
from polls.models import Option, Poll
from tests.conftest import MakePoll
from tests.web.conftest import BrowserOf

pytestmark = pytest.mark.django_db(transaction=True)

PAGES = ["/p/{code}", "/embed/{id}?mode=results", "/manage/{id}", "/present/{id}"]


def poll_with(make_poll: MakePoll, counts: list[int]) -> Poll:
    texts = [f"Option {number}" for number in range(len(counts))]
    poll = make_poll(options=texts, embed_origins=["*"])
    for option, count in zip(poll.options.order_by("position"), counts, strict=True):
        Option.objects.filter(id=option.id).update(vote_count=count)
    Poll.objects.filter(id=poll.id).update(ballot_count=sum(counts))
    return poll


def bars_at(browser: Client, path: str, poll: Poll) -> list[tuple[str, str]]:
    """The share that stands beside each bar, and the bar's length."""
    html = browser.get(path.format(id=poll.id, code=poll.join_code)).content.decode()
    shares = re.findall('class="bar-percentage">([^<]*)<', html)
    lengths = re.findall(r'class="bar-fill"\s+width="([^"]*)"', html)
    return list(zip(shares, lengths, strict=True))


@pytest.mark.parametrize("path", PAGES)
@pytest.mark.parametrize(
    ("counts", "lengths", "shares"),
    [
        ([1, 1, 1], ["33.3%", "33.3%", "33.3%"], ["33%", "33%", "33%"]),
        ([996, 0, 4], ["99.6%", "0.0%", "0.4%"], ["&gt;99%", "0%", "&lt;1%"]),
        ([7, 1], ["87.5%", "12.5%"], ["88%", "13%"]),
        ([1] * 50, ["2.0%"] * 50, ["2%"] * 50),
    ],
)
def test_a_bar_is_as_long_as_its_share(
    make_poll: MakePoll,
    browser_of: BrowserOf,
    alice: User,
    path: str,
    counts: list[int],
    lengths: list[str],
    shares: list[str],
) -> None:
    bars = bars_at(browser_of(alice), path, poll_with(make_poll, counts))
    assert bars == list(zip(shares, lengths, strict=True))


def test_bar_lengths_are_not_localized(
    make_poll: MakePoll, browser_of: BrowserOf, alice: User
) -> None:
    poll = poll_with(make_poll, [2, 1])
    html = browser_of(alice).get(f"/p/{poll.join_code}", headers={"Accept-Language": "de"})
    assert 'width="66.7%"' in html.content.decode()
