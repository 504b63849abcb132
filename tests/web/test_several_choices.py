"""Pages of multiple-choice polls show shares of voters, and the number of voters."""

import re
from collections.abc import Callable

import pytest

from accounts.models import User
from polls.models import Poll, PollKind
from tests.conftest import MakePoll, vote
from tests.web.conftest import BrowserOf, data_in

pytestmark = pytest.mark.django_db(transaction=True)

Address = Callable[[Poll], str]
PAGES: dict[str, Address] = {
    "vote": lambda poll: f"/p/{poll.join_code}",
    "wall": lambda poll: f"/present/{poll.id}",
    "manage": lambda poll: f"/manage/{poll.id}",
    "embed": lambda poll: f"/embed/{poll.id}",
}


@pytest.fixture
def poll(bob: User, charlie: User, make_poll: MakePoll) -> Poll:
    poll = make_poll(kind=PollKind.MULTIPLE, embed_origins=["*"])
    vote(bob, poll, 0, 1)
    vote(charlie, poll, 0)
    return poll


@pytest.mark.parametrize("page", PAGES)
def test_every_page_shows_shares_of_people(
    browser_of: BrowserOf, alice: User, poll: Poll, page: str
) -> None:
    html = browser_of(alice).get(PAGES[page](poll)).content.decode()
    assert re.search(r'bar-percentage">100%</span>\s+<span class="bar-count">2<', html)
    assert re.search(r'bar-percentage">50%</span>\s+<span class="bar-count">1<', html)
    assert "66.7" not in html.partition('<script id="page-data"')[0]
    assert "people voted" in html


@pytest.mark.parametrize("page", ["vote", "manage"])
def test_the_page_explains_the_percentages(
    browser_of: BrowserOf, alice: User, poll: Poll, make_poll: MakePoll, page: str
) -> None:
    note = "Percentages are shares of voters, who could choose several options."
    browser = browser_of(alice)
    shown = browser.get(PAGES[page](poll)).content.decode()
    assert note in shown.partition('<script id="page-data"')[0]
    single = browser.get(PAGES[page](make_poll())).content.decode()
    assert note not in single.partition('<script id="page-data"')[0]


def test_the_script_of_every_page_knows_how_many_people_voted(
    browser_of: BrowserOf, alice: User, poll: Poll
) -> None:
    browser = browser_of(alice)
    data = {page: data_in(browser.get(PAGES[page](poll)).content.decode()) for page in PAGES}
    tallies = [data["vote"]["poll"], data["wall"]["poll"], data["manage"]["results"]]
    assert [tally["totalVoters"] for tally in tallies] == [2, 2, 2]


def test_the_home_page_counts_people(browser_of: BrowserOf, alice: User, poll: Poll) -> None:
    assert "2 people voted" in browser_of(alice).get("/").content.decode()
