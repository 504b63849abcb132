"""``/manage``: the list of your own polls."""

from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from accounts.models import User
from apikit.pagination import write_cursor
from polls.models import Poll
from polls.services import close_poll, hide_poll
from tests.conftest import MakePoll, actor_of
from tests.web.conftest import BrowserOf

pytestmark = pytest.mark.django_db


def text_of(browser: Client, path: str = "/manage") -> str:
    page = browser.get(path)
    assert page.status_code == 200
    return page.content.decode()


def make_one_of_each(make_poll: MakePoll, alice: User) -> None:
    make_poll(question="A draft?", is_published=False)
    make_poll(question="An open one?")
    closed = make_poll(question="A closed one?")
    close_poll(actor=actor_of(alice), poll_id=closed.id)


def test_visitors_are_redirected_to_sign_in_and_back(client: Client) -> None:
    assert client.get("/manage")["Location"] == "/sign-in?next=%2Fmanage"


def test_a_guest_learns_that_polls_need_an_account(browser_of: BrowserOf, guest: User) -> None:
    for path in ("/manage", "/manage/new"):
        page = browser_of(guest).get(path)
        assert page.status_code == 403
        assert "You need an account to create polls" in page.content.decode()


def test_suspended_accounts_are_signed_out(browser_of: BrowserOf, alice: User) -> None:
    browser = browser_of(alice)
    User.objects.filter(id=alice.id).update(is_active=False)
    assert browser.get("/manage")["Location"].startswith("/sign-in")


def test_an_empty_list_shows_how_to_begin(browser_of: BrowserOf, alice: User) -> None:
    text = text_of(browser_of(alice))
    assert "No polls yet" in text
    assert "/manage/new" in text


def test_own_polls_are_listed_newest_first(
    browser_of: BrowserOf, alice: User, charlie: User, staff: User, make_poll: MakePoll
) -> None:
    make_one_of_each(make_poll, alice)
    text = text_of(browser_of(alice))
    assert text.index("A closed one?") < text.index("An open one?") < text.index("A draft?")
    for other in (charlie, staff):
        assert "one?" not in text_of(browser_of(other))


def test_tabs_count_and_filter(browser_of: BrowserOf, alice: User, make_poll: MakePoll) -> None:
    make_one_of_each(make_poll, alice)
    make_poll(question="Another draft?", is_published=False)
    text = text_of(browser_of(alice), "/manage?state=draft")
    assert "A draft?" in text
    assert "An open one?" not in text
    assert 'Drafts <span class="manage-count numbers">2</span>' in text
    assert 'All <span class="manage-count numbers">4</span>' in text


def test_a_search_finds_parts_of_questions(
    browser_of: BrowserOf, alice: User, make_poll: MakePoll
) -> None:
    make_one_of_each(make_poll, alice)
    text = text_of(browser_of(alice), "/manage?search=OPEN")
    assert "An open one?" in text
    assert "A draft?" not in text
    assert "?state=draft&amp;search=OPEN" in text


def test_a_search_that_finds_nothing_says_so(
    browser_of: BrowserOf, alice: User, make_poll: MakePoll
) -> None:
    make_poll()
    text = text_of(browser_of(alice), "/manage?search=<b>")
    assert "No polls found" in text
    assert "<b>" not in text


@pytest.mark.parametrize(
    "query",
    [
        "page=0",
        "page=x",
        "page=99999999999",
        "state=gone",
        "search=%00",
        "search=" + "x" * 900,
        "cursor=x",
    ],
)
def test_invalid_parameters_are_ignored(
    browser_of: BrowserOf, alice: User, make_poll: MakePoll, query: str
) -> None:
    make_poll()
    assert "Tea or coffee?" in text_of(browser_of(alice), f"/manage?{query}")


def test_long_lists_come_in_pages(browser_of: BrowserOf, alice: User, make_poll: MakePoll) -> None:
    for number in range(12):
        make_poll(question=f"Question {number:02}?")
    first = text_of(browser_of(alice))
    assert "Question 11?" in first
    assert "Question 01?" not in first
    make_poll(question="Question 12?")
    cursor = write_cursor(Poll.objects.get(question="Question 02?").id)
    assert f'href="?page=2&amp;cursor={cursor}" rel="next"' in first
    older = text_of(browser_of(alice), f"/manage?page=2&cursor={cursor}")
    assert "Question 01?" in older
    assert "Question 02?" not in older
    assert "Page 2 of 2" in older
    assert 'href="?" rel="prev"' in older
    second = text_of(browser_of(alice), "/manage?page=2")
    assert "Question 01?" in second
    assert "Page 2 of 2" in second
    assert "This page is empty" in text_of(browser_of(alice), "/manage?page=9")


def test_rows_show_upcoming_times(
    browser_of: BrowserOf, alice: User, staff: User, make_poll: MakePoll
) -> None:
    soon = timezone.now() + timedelta(hours=1)
    make_poll(opens_at=soon)
    make_poll(closes_at=soon)
    hidden = make_poll()
    hide_poll(actor=actor_of(staff), poll_id=hidden.id, reason="Rude.")
    text = text_of(browser_of(alice))
    assert "Not open yet" in text
    assert 'data-moment="opens"' in text
    assert 'data-moment="closes"' in text
    assert "Hidden by a moderator" in text


def test_a_deadline_counts_before_it_is_announced(
    browser_of: BrowserOf, alice: User, make_poll: MakePoll
) -> None:
    poll = make_poll()
    Poll.objects.filter(id=poll.id).update(closes_at=timezone.now() - timedelta(seconds=1))
    assert "badge-closed" in text_of(browser_of(alice))


def test_the_number_of_queries_does_not_grow_with_the_polls(
    browser_of: BrowserOf,
    alice: User,
    make_poll: MakePoll,
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    browser = browser_of(alice)
    browser.get("/manage")  # gives the session its sign-in
    for count in (1, 4):
        for _ in range(count):
            make_poll()
        # The session, the person; how many, the polls, their options; the tabs; the projects; the
        # address and its invitations.
        with django_assert_num_queries(9):
            browser.get("/manage")
