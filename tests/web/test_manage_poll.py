"""``/manage/<id>``: the results of a poll, its share options and its exports."""

from uuid import UUID, uuid4

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from accounts.models import User
from polls.services import hide_poll
from tests.conftest import MakePoll, actor_of, vote
from tests.web.conftest import BrowserOf

pytestmark = pytest.mark.django_db

PAGES = [
    "",
    "/edit",
    "/share",
    "/delete",
    "/timeline",
    "/export.csv",
    "/export.json",
    "/export.xlsx",
    "/qr.svg",
    "/qr.png",
]


def status_of(browser: Client, poll_id: UUID, page: str) -> int:
    return browser.get(f"/manage/{poll_id}{page}").status_code


def text_of(browser: Client, path: str) -> str:
    page = browser.get(path)
    assert page.status_code == 200
    return page.content.decode()


@pytest.mark.parametrize("page", PAGES)
def test_a_strangers_poll_looks_missing(
    browser_of: BrowserOf, charlie: User, make_poll: MakePoll, page: str
) -> None:
    """Though charlie may vote in it."""
    stranger = browser_of(charlie)
    assert status_of(stranger, make_poll().id, page) == 404
    assert status_of(stranger, uuid4(), page) == 404


@pytest.mark.parametrize("page", PAGES)
def test_owner_and_staff_see_it(
    browser_of: BrowserOf, alice: User, staff: User, make_poll: MakePoll, page: str
) -> None:
    poll = make_poll()
    for user in (alice, staff):
        assert status_of(browser_of(user), poll.id, page) == 200


@pytest.mark.parametrize("page", PAGES)
def test_visitors_and_guests_are_redirected_to_sign_in(
    browser_of: BrowserOf, guest: User, make_poll: MakePoll, page: str
) -> None:
    path = f"/manage/{make_poll().id}{page}"
    for user in (None, guest):
        answer = browser_of(user).get(path)
        assert answer.status_code == 302
        assert answer["Location"].startswith("/sign-in?next=%2Fmanage%2F")


@pytest.mark.parametrize("page", ["/export.exe", "/qr.gif", "/nothing", "/publish"])
def test_unknown_subpages_are_missing(
    browser_of: BrowserOf, alice: User, make_poll: MakePoll, page: str
) -> None:
    assert status_of(browser_of(alice), make_poll().id, page) == 404


@pytest.mark.django_db(transaction=True)  # the writer has a connection of its own
def test_the_page_holds_bars_turnout_and_table(
    browser_of: BrowserOf, alice: User, bob: User, charlie: User, make_poll: MakePoll
) -> None:
    poll = make_poll(kind="multiple")
    vote(bob, poll, 0, 1)
    vote(charlie, poll, 0)
    text = text_of(browser_of(alice), f"/manage/{poll.id}")
    assert '<dd class="numbers" id="voters">2</dd>' in text
    assert '<dd class="numbers" id="total">3</dd>' in text
    assert '<th scope="row" dir="auto">Tea</th>\n<td class="number">2</td>' in text
    assert '"ballotCount": 2' in text


def test_user_text_is_escaped(browser_of: BrowserOf, alice: User, make_poll: MakePoll) -> None:
    poll = make_poll(question="</script><script>alert(1)</script>?", options=["<img src=x>", "&"])
    for page in ("", "/edit", "/share", "/delete"):
        text = text_of(browser_of(alice), f"/manage/{poll.id}{page}")
        assert "<script>alert" not in text
        assert "<img src=x" not in text


def test_a_hidden_poll_says_why(
    browser_of: BrowserOf, alice: User, staff: User, make_poll: MakePoll
) -> None:
    poll = make_poll()
    hide_poll(actor=actor_of(staff), poll_id=poll.id, reason="Private.", message="It was rude.")
    text = text_of(browser_of(alice), f"/manage/{poll.id}")
    assert "A moderator has hidden this poll" in text
    assert "It was rude." in text
    assert "Private." not in text


def test_the_share_options_are_link_code_and_embed_code(
    browser_of: BrowserOf, alice: User, make_poll: MakePoll
) -> None:
    poll = make_poll(embed_origins=["https://example.org"])
    text = text_of(browser_of(alice), f"/manage/{poll.id}/share")
    assert f"/p/{poll.join_code}" in text
    assert f"/embed/{poll.id}" in text
    assert "Allowed on: https://example.org" in text
    assert "<svg" in text


def test_exports_and_qr_codes_are_downloads(
    browser_of: BrowserOf, alice: User, make_poll: MakePoll
) -> None:
    poll = make_poll()
    browser = browser_of(alice)
    for page, start in [
        ("export.csv", b"\xef\xbb\xbf"),
        ("export.json", b"{"),
        ("export.xlsx", b"PK"),
        ("export.png", b"\x89PNG"),
        ("qr.svg", b"<svg"),
        ("qr.png", b"\x89PNG"),
    ]:
        answer = browser.get(f"/manage/{poll.id}/{page}")
        assert answer.content.startswith(start)
        assert answer["Content-Disposition"].startswith("attachment; filename=")
        assert "Tea-or-coffee" in answer["Content-Disposition"]


@pytest.mark.django_db(transaction=True)
def test_the_script_reads_the_timeline(
    browser_of: BrowserOf, alice: User, bob: User, make_poll: MakePoll
) -> None:
    poll = make_poll()
    vote(bob, poll, 1)
    answer = browser_of(alice).get(
        f"/manage/{poll.id}/timeline", headers={"Accept": "application/json"}
    )
    assert answer.json()["timeline"]["points"][-1]["ballotCount"] == 1
    refused = browser_of(bob).get(
        f"/manage/{poll.id}/timeline", headers={"Accept": "application/json"}
    )
    assert refused.json()["code"] == "poll.not_found"


def test_the_number_of_queries_does_not_grow_with_the_options(
    browser_of: BrowserOf,
    alice: User,
    make_poll: MakePoll,
    django_assert_max_num_queries: DjangoAssertNumQueries,
) -> None:
    browser = browser_of(alice)
    browser.get("/manage")  # gives the session its sign-in
    for count in (2, 50):
        poll = make_poll(options=[f"Option {number}" for number in range(count)])
        # The session, the person, the poll, its options; the timeline takes two.
        with django_assert_max_num_queries(6):
            browser.get(f"/manage/{poll.id}")
