"""``/p/<code>``: what each person sees in each state of a poll."""

import re
from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from accounts.models import User
from polls.models import Poll
from polls.services import close_poll, delete_poll, hide_poll
from tests.conftest import MakePoll, actor_of, option_ids, vote
from tests.web.conftest import BrowserOf, data_in

pytestmark = pytest.mark.django_db(transaction=True)

COUNTED = "Your vote has been counted"
# The paragraph is on the page in every state, and hidden in most.
COUNTED_SHOWN = '<div class="ballot-counted" id="counted" tabindex="-1">'
VOTE_BUTTON_SHOWN = '<div class="ballot-casting" id="casting">'


def read(browser: Client, poll: Poll, query: str = "") -> str:
    page = browser.get(f"/p/{poll.join_code}{query}")
    assert page.status_code == 200
    return page.content.decode()


def set_times(poll: Poll, **seconds_from_now: float) -> None:
    """Sets ``opens_at`` or ``closes_at`` past what the services allow."""
    now = timezone.now()
    moments = {name: now + timedelta(seconds=after) for name, after in seconds_from_now.items()}
    Poll.objects.filter(id=poll.id).update(**moments)


def test_viewing_a_poll_creates_no_guest(make_poll: MakePoll, client: Client) -> None:
    html = read(client, make_poll())
    assert "Tea or coffee?" in html
    assert VOTE_BUTTON_SHOWN in html
    assert COUNTED_SHOWN not in html
    assert data_in(html)["person"] is None
    # Alice, who asks; nobody else has come into being.
    assert User.objects.count() == 1


def test_the_page_shows_your_vote(make_poll: MakePoll, guest: User, browser_of: BrowserOf) -> None:
    poll = make_poll()
    vote(guest, poll, 1)
    html = read(browser_of(guest), poll)
    assert COUNTED_SHOWN in html
    assert VOTE_BUTTON_SHOWN not in html
    assert data_in(html)["votes"] == [str(option_ids(poll)[1])]


def test_a_vote_that_may_change_can_be_changed_without_script(
    make_poll: MakePoll, guest: User, browser_of: BrowserOf
) -> None:
    poll, fixed = make_poll(allow_change=True), make_poll()
    for each in (poll, fixed):
        vote(guest, each, 1)
    assert VOTE_BUTTON_SHOWN in read(browser_of(guest), poll, "?change=1")
    assert VOTE_BUTTON_SHOWN not in read(browser_of(guest), fixed, "?change=1")


@pytest.mark.parametrize("typed", ["{0}-{1}", "{0}%20{1}", "{0}–{1}"])
def test_a_code_typed_in_groups_leads_to_the_poll(
    make_poll: MakePoll, client: Client, typed: str
) -> None:
    code = make_poll().join_code
    answer = client.get("/p/" + typed.replace("–", "-").format(code[:3], code[3:]))
    assert (answer.status_code, answer["Location"]) == (302, f"/p/{code}")


@pytest.mark.parametrize("code", ["111111", "abc", "%00", "-", "1" * 500, "%F0%9F%97%B3"])
def test_an_unknown_code_is_the_sites_404(db: None, client: Client, code: str) -> None:
    page = client.get(f"/p/{code}")
    assert page.status_code == 404
    assert "Page not found" in page.content.decode()


# States


def test_a_draft_is_there_for_its_creator_only(
    make_poll: MakePoll, alice: User, charlie: User, guest: User, browser_of: BrowserOf
) -> None:
    draft = make_poll(is_published=False)
    html = read(browser_of(alice), draft)
    assert "This is a draft" in html
    assert VOTE_BUTTON_SHOWN not in html
    for stranger in (charlie, guest, None):
        assert browser_of(stranger).get(f"/p/{draft.join_code}").status_code == 404


def test_a_hidden_poll_is_there_for_its_creator_only(
    make_poll: MakePoll, alice: User, staff: User, client: Client, browser_of: BrowserOf
) -> None:
    poll = make_poll()
    hide_poll(actor=actor_of(staff), poll_id=poll.id, reason="spam")
    html = read(browser_of(alice), poll)
    assert "A moderator has hidden this poll" in html
    assert VOTE_BUTTON_SHOWN not in html
    assert client.get(f"/p/{poll.join_code}").status_code == 404


def test_a_deleted_poll_is_gone(make_poll: MakePoll, alice: User, client: Client) -> None:
    poll = make_poll()
    delete_poll(actor=actor_of(alice), poll_id=poll.id)
    assert client.get(f"/p/{poll.join_code}").status_code == 404


def test_a_poll_that_opens_later_says_when(make_poll: MakePoll, client: Client) -> None:
    poll = make_poll(opens_at=timezone.now() + timedelta(hours=1))
    html = read(client, poll)
    assert "Not open yet" in html
    assert VOTE_BUTTON_SHOWN not in html
    assert data_in(html)["phase"] == "waiting"


def test_a_deadline_applies_before_it_is_announced(make_poll: MakePoll, client: Client) -> None:
    poll = make_poll(closes_at=timezone.now() + timedelta(hours=1))
    assert "Closes on" in read(client, poll)
    set_times(poll, closes_at=-1)
    html = read(client, poll)
    assert data_in(html)["phase"] == "closed"
    assert VOTE_BUTTON_SHOWN not in html


def test_a_closed_polls_code_leads_to_its_results(
    make_poll: MakePoll, alice: User, guest: User, client: Client
) -> None:
    poll = make_poll()
    vote(guest, poll, 0)
    close_poll(actor=actor_of(alice), poll_id=poll.id)
    html = read(client, poll)
    assert data_in(html)["poll"]["totalVotes"] == 1
    assert VOTE_BUTTON_SHOWN not in html


def test_the_hint_says_how_many_options_may_be_chosen(make_poll: MakePoll, client: Client) -> None:
    assert "Choose one." in read(client, make_poll())
    poll = make_poll(kind="multiple", max_choices=2)
    html = read(client, poll)
    assert "Choose up to 2 options." in html
    for most, hint in ((2, "Choose exactly 2 options."), (3, "Choose 2 to 3 options.")):
        Poll.objects.filter(id=poll.id).update(settings={"minChoices": 2}, max_choices=most)
        assert hint in read(client, poll)
    assert html.count('type="checkbox"') == 3


# Hidden results


def shown_numbers(html: str) -> list[object]:
    """Every number of the tally that the page or its data gives away."""
    data = data_in(html)
    tally = data["poll"]
    numbers = [tally["totalVotes"], tally["totalVoters"], tally["version"]]
    for option in tally["options"]:
        numbers += [option["voteCount"], option["percentage"], option["percentageOfVoters"]]
    return [number for number in numbers if number is not None]


@pytest.mark.parametrize(
    ("visibility", "note"),
    [
        ("after_vote", "Results appear after you vote."),
        ("after_close", "Results appear when the poll closes."),
        ("owner", "Only the poll’s creator can see the results."),
    ],
)
def test_hidden_results_are_nowhere_on_the_page(
    make_poll: MakePoll, guest: User, client: Client, visibility: str, note: str
) -> None:
    poll = make_poll(results_visibility=visibility)
    vote(guest, poll, 0)
    html = read(client, poll)
    assert note in html
    assert shown_numbers(html) == []
    assert re.search(r'bar-percentage"></span>\s+<span class="bar-count"></span>', html)
    assert "100%" not in html
    assert "1 person voted<" not in html
    state = client.get(f"/p/{poll.join_code}/state").json()
    assert state["poll"]["version"] is None
    assert (state["poll"]["totalVotes"], state["poll"]["totalVoters"]) == (None, None)


def test_voters_see_after_vote_results(
    make_poll: MakePoll, guest: User, charlie: User, browser_of: BrowserOf
) -> None:
    poll = make_poll(results_visibility="after_vote")
    vote(guest, poll, 0)
    assert shown_numbers(read(browser_of(charlie), poll)) == []
    html = read(browser_of(guest), poll)
    assert data_in(html)["poll"]["totalVotes"] == 1
    assert "100%" in html


def test_a_link_preview_shows_the_question_and_no_results(
    make_poll: MakePoll, guest: User, client: Client
) -> None:
    poll = make_poll(question="Is <b>this</b> “safe”?")
    vote(guest, poll, 0)
    head = read(client, poll).partition("</head>")[0]
    assert '<meta property="og:title" content="Is &lt;b&gt;this&lt;/b&gt; “safe”?">' in head
    assert "Vote from any phone, no account needed." in head
    assert "1 vote" not in head
    assert "100" not in head


# Hostile texts


def test_hostile_text_is_escaped(make_poll: MakePoll, client: Client) -> None:
    attack = "</script><script>alert(1)</script>"
    html = read(client, make_poll(question=f"{attack}?", options=[attack, '"><img src=x>']))
    assert "<script>alert" not in html
    assert "<img src=x>" not in html
    assert data_in(html)["head"]["options"][0]["text"] == attack


# Cost


def test_the_page_costs_a_fixed_number_of_queries(
    make_poll: MakePoll,
    guest: User,
    client: Client,
    browser_of: BrowserOf,
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    poll = make_poll(options=[f"Option {number}" for number in range(50)])
    # The poll with its creator, and its options.
    with django_assert_num_queries(2):
        read(client, poll)
    voter = browser_of(guest)
    read(voter, poll)
    # And the session, the sign-in behind it, one's votes.
    with django_assert_num_queries(6):
        read(voter, poll)


def test_the_page_is_not_cached_for_others(make_poll: MakePoll, client: Client) -> None:
    page = client.get(f"/p/{make_poll().join_code}")
    assert "private" in page["Cache-Control"]
    assert "Cookie" in page["Vary"]
    assert page["X-Frame-Options"] == "DENY"
    assert "frame-ancestors 'none'" in page["Content-Security-Policy"]
