"""Pages of a poll hidden by a moderator, for its creator and for staff."""

import re

import pytest

from accounts.models import User
from polls.models import Poll
from polls.services import hide_poll
from tests.conftest import MakePoll, actor_of
from tests.web.conftest import BrowserOf

pytestmark = pytest.mark.django_db(transaction=True)

PAGES = ["/", "/manage", "/manage/{id}", "/manage/{id}/share", "/present/{id}", "/p/{code}"]


@pytest.fixture
def hidden(make_poll: MakePoll, staff: User) -> Poll:
    poll = make_poll(embed_origins=["*"])
    return hide_poll(actor=actor_of(staff), poll_id=poll.id, reason="Rude.")


def shown_at(browser_of: BrowserOf, user: User, path: str, poll: Poll) -> str:
    answer = browser_of(user).get(path.format(id=poll.id, code=poll.join_code))
    assert answer.status_code == 200
    return re.sub(
        "<(script|template).*?</(script|template)>", "", answer.content.decode(), flags=re.DOTALL
    )


@pytest.mark.parametrize("path", [*PAGES, "/embed/{id}?mode=results"])
def test_no_page_shows_a_hidden_poll_as_open(
    browser_of: BrowserOf, alice: User, hidden: Poll, path: str
) -> None:
    page = shown_at(browser_of, alice, path, hidden)
    assert "badge-open" not in page
    assert re.search("[Hh]idden", page)
    # Whether the line is live says nothing where nobody can vote.
    for line in re.findall('<[^>]*id="connection"[^>]*>', page):
        assert " hidden" in line or "/present/" in path


@pytest.mark.parametrize("path", ["/", "/manage", "/manage/{id}", "/manage/{id}/share"])
def test_the_creator_sees_no_action_that_would_be_refused(
    browser_of: BrowserOf, alice: User, hidden: Poll, path: str
) -> None:
    page = shown_at(browser_of, alice, path, hidden)
    offered = re.findall(r'(?:action|href)="(/(?:manage|present|p|embed)/[^"]*)"', page)
    kept = {f"/manage/{hidden.id}", "/manage/new", "/manage/rooms"}
    kept |= {"/manage/projects", "/manage/projects/new", "/manage/jobs", "/manage/import"}
    # With what the creator may export.
    kept |= {f"/manage/{hidden.id}/report"}
    exports = {f"/manage/{hidden.id}/export.{kind}" for kind in ("csv", "xlsx", "json", "png")}
    assert set(offered) <= kept | exports
    assert hidden.join_code not in page


def test_pages_that_would_be_refused_redirect_back(
    browser_of: BrowserOf, alice: User, hidden: Poll
) -> None:
    browser = browser_of(alice)
    answer = browser.get(f"/manage/{hidden.id}/edit")
    assert (answer.status_code, answer["Location"]) == (302, f"/manage/{hidden.id}")
    assert browser.get(f"/manage/{hidden.id}/delete").status_code == 409


def test_staff_see_the_actions_they_may_use(
    browser_of: BrowserOf, staff: User, hidden: Poll
) -> None:
    page = shown_at(browser_of, staff, "/manage/{id}", hidden)
    for action in ("close", "duplicate", "delete", "edit"):
        assert f'"/manage/{hidden.id}/{action}"' in page
    assert f"/present/{hidden.id}" not in page
    browser = browser_of(staff)
    assert browser.get(f"/manage/{hidden.id}/delete").status_code == 200
    assert browser.get(f"/manage/{hidden.id}/edit").status_code == 200
