"""``/present/<id>``: access, content in each state, and actions."""

import json
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.test import Client
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from accounts.models import User
from accounts.services import suspend_user
from polls.models import Poll, PollState, ResultsVisibility
from polls.services import close_poll, hide_poll, reopen_poll
from tests.conftest import MakePoll, actor_of, option_ids, vote
from tests.web.conftest import BrowserOf, data_in

pytestmark = pytest.mark.django_db(transaction=True)

# In the order in which they are declared.
ACTIONS = ("open", "open-now", "close", "reopen")
JSON = {"Accept": "application/json"}


@pytest.fixture
def alices(alice: User, browser_of: BrowserOf) -> Client:
    """Alice's browser, in which she is signed in."""
    return browser_of(alice)


def read(browser: Client, poll: Poll, query: str = "") -> str:
    page = browser.get(f"/present/{poll.id}{query}")
    assert page.status_code == 200
    return page.content.decode()


def press(browser: Client, poll: Poll, action: str, **headers: str) -> Any:
    """Sends the form of an action, as a script would where ``headers`` say so."""
    return browser.post(f"/present/{poll.id}/{action}", headers=headers)


def addresses(poll_id: object) -> list[tuple[str, str]]:
    """Everything there is under the page's address."""
    reads = [("GET", f"/present/{poll_id}{rest}") for rest in ("", "/next", "/replay")]
    return reads + [("POST", f"/present/{poll_id}/{action}") for action in ACTIONS]


def state_of(poll: Poll) -> str:
    return Poll.objects.get(id=poll.id).state


# Who


def test_creator_and_staff_may_present(
    alice: User, staff: User, browser_of: BrowserOf, make_poll: MakePoll
) -> None:
    poll = make_poll()
    for user in (alice, staff):
        assert "Tea or coffee?" in read(browser_of(user), poll)


def test_for_a_stranger_the_poll_looks_missing(
    charlie: User, browser_of: BrowserOf, make_poll: MakePoll
) -> None:
    poll = make_poll()
    charlies = browser_of(charlie)
    for poll_id in (poll.id, make_poll(is_published=False).id, uuid4()):
        for method, address in addresses(poll_id):
            page = charlies.generic(method, address)
            assert page.status_code == 404, address
            assert "Page not found" in page.content.decode()
    assert state_of(poll) == PollState.OPEN


def test_visitors_and_guests_are_redirected_to_sign_in(
    guest: User, browser_of: BrowserOf, make_poll: MakePoll
) -> None:
    poll = make_poll()
    for user in (None, guest):
        page = browser_of(user).get(f"/present/{poll.id}")
        assert page["Location"] == f"/sign-in?next=%2Fpresent%2F{poll.id}"
        for method, address in addresses(poll.id):
            answer = browser_of(user).generic(method, address)
            assert answer.status_code == 302, address
            assert answer["Location"].startswith("/sign-in")
    assert state_of(poll) == PollState.OPEN


def test_a_suspended_presenter_is_a_visitor(
    alice: User, staff: User, alices: Client, make_poll: MakePoll
) -> None:
    poll = make_poll()
    read(alices, poll)
    suspend_user(actor=actor_of(staff), user_id=alice.id, reason="spam")
    assert alices.get(f"/present/{poll.id}")["Location"].startswith("/sign-in")
    assert press(alices, poll, "close")["Location"].startswith("/sign-in")
    assert state_of(poll) == PollState.OPEN


def test_scripts_get_errors_as_json(
    charlie: User, browser_of: BrowserOf, make_poll: MakePoll
) -> None:
    poll = make_poll()
    expected = [(None, 401, "auth.required"), (charlie, 404, "poll.not_found")]
    for user, status, code in expected:
        answer = press(browser_of(user), poll, "close", **JSON)
        assert (answer.status_code, json.loads(answer.content)["code"]) == (status, code)


def test_a_forged_form_does_nothing(alice: User, make_poll: MakePoll) -> None:
    poll = make_poll()
    browser = Client(enforce_csrf_checks=True)
    browser.force_login(alice)
    assert press(browser, poll, "close").status_code == 403
    assert state_of(poll) == PollState.OPEN


def test_viewing_changes_nothing(alices: Client, make_poll: MakePoll) -> None:
    poll = make_poll()
    for action in ACTIONS:
        assert alices.get(f"/present/{poll.id}/{action}").status_code == 405
    assert state_of(poll) == PollState.OPEN


# What they see


def test_an_open_poll_shows_its_question_bars_and_how_to_join(
    bob: User, alices: Client, make_poll: MakePoll
) -> None:
    poll = make_poll()
    vote(bob, poll, 1)
    html = read(alices, poll)
    assert "<title>(1) Tea or coffee? · Tallyroom</title>" in html
    assert 'data-phase="open" data-results="shown" data-join' in html
    assert "100%" in html
    assert f'{poll.join_code[:3]}<span class="stage-code-gap"> </span>{poll.join_code[3:]}' in html
    assert '<div class="stage-qr" role="img"' in html
    page = data_in(html)
    assert page["poll"]["totalVotes"] == 1
    assert page["head"]["question"] == "Tea or coffee?"


def test_a_draft_offers_to_open_voting(alices: Client, make_poll: MakePoll) -> None:
    html = read(alices, make_poll(is_published=False))
    assert 'data-phase="draft" data-results="none">' in html
    assert "Open voting" in html


def test_a_scheduled_poll_shows_when_it_opens(alices: Client, make_poll: MakePoll) -> None:
    html = read(alices, make_poll(opens_at=timezone.now() + timedelta(hours=1)))
    assert 'data-phase="waiting"' in html
    assert "Voting opens on" in html


@pytest.mark.parametrize(
    ("votes", "words"),
    [([], "Nobody voted"), ([0], "Most votes: Tea"), ([0, 1], "2 options are tied")],
)
def test_a_closed_poll_shows_its_outcome(
    alice: User,
    bob: User,
    charlie: User,
    alices: Client,
    make_poll: MakePoll,
    votes: list[int],
    words: str,
) -> None:
    poll = make_poll()
    for user, position in zip((bob, charlie), votes, strict=False):
        vote(user, poll, position)
    close_poll(actor=actor_of(alice), poll_id=poll.id)
    html = read(alices, poll)
    assert 'data-phase="closed"' in html
    assert words in html


def test_a_poll_past_its_deadline_is_closed(alices: Client, make_poll: MakePoll) -> None:
    poll = make_poll()
    Poll.objects.filter(id=poll.id).update(closes_at=timezone.now() - timedelta(seconds=1))
    assert 'data-phase="closed"' in read(alices, poll)


def test_a_poll_hidden_by_a_moderator_says_so(
    staff: User, alices: Client, make_poll: MakePoll
) -> None:
    poll = make_poll()
    hide_poll(actor=actor_of(staff), poll_id=poll.id, reason="spam")
    assert "A moderator has hidden this poll." in read(alices, poll)


@pytest.mark.parametrize(
    ("visibility", "query", "is_shown"),
    [
        ("always", "", True),
        ("always", "?results=hidden", False),
        ("after_vote", "", False),
        ("after_close", "", False),
        ("owner", "", False),
        ("owner", "?results=shown", True),
        ("always", "?results=nonsense", True),
    ],
)
def test_the_audience_sees_results_if_allowed_or_shown_by_the_presenter(
    bob: User,
    alices: Client,
    make_poll: MakePoll,
    visibility: str,
    query: str,
    is_shown: bool,
) -> None:
    poll = make_poll(results_visibility=ResultsVisibility(visibility))
    vote(bob, poll, 0)
    html = read(alices, poll, query)
    assert ("100%" in html) == is_shown
    page = data_in(html)
    assert [option["voteCount"] for option in page["poll"]["options"]] == (
        [1, 0, 0] if is_shown else [None, None, None]
    )
    # How many there are is no secret.
    assert page["totalVoters"] == 1


def test_the_outcome_is_hidden_with_the_results(
    alice: User, bob: User, alices: Client, make_poll: MakePoll
) -> None:
    poll = make_poll()
    vote(bob, poll, 0)
    close_poll(actor=actor_of(alice), poll_id=poll.id)
    assert "Most votes: Tea" not in read(alices, poll, "?results=hidden")


def test_user_text_is_escaped(alices: Client, make_poll: MakePoll) -> None:
    script = "</script><script>alert(1)</script>"
    html = read(alices, make_poll(question=script, options=[script, "<b>bold</b>"]))
    assert "<script>alert" not in html
    assert "<b>bold" not in html


def test_the_theme_is_stored_in_a_cookie(alices: Client, make_poll: MakePoll) -> None:
    poll = make_poll()
    assert "data-theme" not in read(alices, poll)
    alices.cookies["tallyroom_theme"] = "dark"
    assert ' data-theme="dark">' in read(alices, poll)
    alices.cookies["tallyroom_theme"] = "nonsense"
    assert "data-theme" not in read(alices, poll)


def test_the_page_costs_the_same_however_many_options_and_votes(
    bob: User,
    charlie: User,
    alices: Client,
    make_poll: MakePoll,
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    small = make_poll(options=["Yes", "No"])
    large = make_poll(options=[f"Option {number}" for number in range(50)])
    vote(bob, large, 0)
    vote(charlie, large, 1)
    read(alices, small)
    for poll in (small, large):
        # The session, the sign-in with its person, the poll with its creator, the options.
        with django_assert_num_queries(4):
            read(alices, poll)


# What they do


@pytest.mark.parametrize("is_script", [False, True])
def test_voting_is_opened_closed_and_reopened(
    alices: Client, make_poll: MakePoll, is_script: bool
) -> None:
    poll = make_poll(is_published=False)
    steps = [("open", "open"), ("close", "closed"), ("reopen", "open")]
    for action, state in steps:
        answer = press(alices, poll, action, **(JSON if is_script else {}))
        assert state_of(poll) == state
        if is_script:
            assert json.loads(answer.content)["head"]["state"] == state
        else:
            assert answer["Location"] == f"/present/{poll.id}"


def test_a_scheduled_poll_is_opened_now(alices: Client, make_poll: MakePoll) -> None:
    poll = make_poll(opens_at=timezone.now() + timedelta(hours=1))
    press(alices, poll, "open-now")
    assert 'data-phase="open"' in read(alices, poll)


def test_staff_may_close_what_others_present(
    staff: User, browser_of: BrowserOf, make_poll: MakePoll
) -> None:
    poll = make_poll()
    press(browser_of(staff), poll, "close")
    assert state_of(poll) == PollState.CLOSED


def test_errors_have_plain_sentences(staff: User, alices: Client, make_poll: MakePoll) -> None:
    draft = make_poll(is_published=False)
    press(alices, draft, "close")
    assert "This poll is a draft. Publish it first." in read(alices, draft)
    answer = press(alices, draft, "close", **JSON)
    assert json.loads(answer.content)["code"] == "poll.not_published"
    hide_poll(actor=actor_of(staff), poll_id=draft.id, reason="spam")
    press(alices, draft, "open")
    assert "A moderator has hidden this poll." in read(alices, draft)


def test_there_are_no_other_actions(alices: Client, make_poll: MakePoll) -> None:
    assert press(alices, make_poll(), "delete").status_code == 404


def test_next_goes_to_the_next_poll(alices: Client, make_poll: MakePoll) -> None:
    first, second = make_poll(), make_poll(is_published=False)
    assert alices.get(f"/present/{first.id}/next")["Location"] == f"/present/{second.id}"
    answer = alices.get(f"/present/{first.id}/next", headers=JSON)
    assert answer.json() == {"url": f"/present/{second.id}"}


def test_next_stays_on_the_last_poll(alices: Client, make_poll: MakePoll) -> None:
    poll = make_poll()
    assert alices.get(f"/present/{poll.id}/next", headers=JSON).json() == {"url": None}
    assert alices.get(f"/present/{poll.id}/next")["Location"] == f"/present/{poll.id}"
    assert "You have no more open polls" in read(alices, poll)


def test_the_replay_is_the_timeline_of_the_vote(
    bob: User,
    alices: Client,
    make_poll: MakePoll,
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    poll = make_poll(results_visibility=ResultsVisibility.OWNER)
    vote(bob, poll, 1)
    read(alices, poll)
    # Those of the page, and one for the samples, of which none is between the two points.
    with django_assert_num_queries(5):
        answer: Any = alices.get(f"/present/{poll.id}/replay", headers=JSON)
    timeline = answer.json()["timeline"]
    assert [point["totalVotes"] for point in timeline["points"]] == [0, 1]
    assert [each["id"] for each in timeline["options"]] == list(map(str, option_ids(poll)))
    assert [each["voteCounts"] for each in timeline["options"]] == [[0, 0], [0, 1], [0, 0]]


def test_a_reopened_poll_with_another_code_shows_it(
    alice: User, alices: Client, make_poll: MakePoll
) -> None:
    poll = make_poll()
    close_poll(actor=actor_of(alice), poll_id=poll.id)
    taken = make_poll()
    Poll.objects.filter(id=taken.id).update(join_code=poll.join_code)
    reopened = reopen_poll(actor=actor_of(alice), poll_id=poll.id)
    assert reopened.join_code != poll.join_code
    html = read(alices, poll)
    assert f"/p/{reopened.join_code}" in html
    assert f"/p/{poll.join_code}" not in html
