"""Voting on a page: with its form, and with the requests of its script."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone
from pytest_django import Settings

from accounts.models import User
from accounts.services import suspend_user
from polls.models import Poll
from polls.services import close_poll
from tests.conftest import MakePoll, actor_of, option_ids, vote
from tests.web.conftest import BrowserOf
from votes.models import Vote

pytestmark = pytest.mark.django_db(transaction=True)

KEY = "0123456789abcdef"
SCRIPT = {"Accept": "application/json"}


def ballot(poll: Poll, *positions: int, **fields: Any) -> dict[str, Any]:
    """What the form sends for the options at these positions."""
    ids = option_ids(poll)
    return {"option": [str(ids[position]) for position in positions], "key": KEY, **fields}


def send(browser: Client, poll: Poll, fields: dict[str, Any]) -> str:
    """Sends the form as a browser without script; the page it then shows."""
    answer = browser.post(f"/p/{poll.join_code}/vote", fields, follow=True)
    assert answer.redirect_chain == [(f"/p/{poll.join_code}", 302)]
    return answer.content.decode()


def counts(poll: Poll) -> Sequence[int]:
    return list(poll.options.order_by("position").values_list("vote_count", flat=True))


# By the form


def test_voting_makes_a_visitor_a_guest(make_poll: MakePoll, client: Client) -> None:
    poll = make_poll()
    html = send(client, poll, ballot(poll, 1))
    assert '<div class="ballot-counted" id="counted" tabindex="-1">' in html
    assert counts(poll) == [0, 1, 0]
    assert User.objects.get(is_guest=True).name == "Guest"


def test_a_form_sent_twice_before_its_answer_came_is_counted_once(make_poll: MakePoll) -> None:
    poll = make_poll()
    # Two browsers: the first answer's cookie hasn't come when the second request goes.
    for browser in (Client(), Client()):
        send(browser, poll, ballot(poll, 1))
    assert counts(poll) == [0, 1, 0]
    assert User.objects.filter(is_guest=True).count() == 1


def test_an_account_votes_as_itself(make_poll: MakePoll, bob: User, browser_of: BrowserOf) -> None:
    poll = make_poll()
    send(browser_of(bob), poll, ballot(poll, 0))
    assert Vote.objects.get().user == bob


def test_several_options_are_one_ballot(make_poll: MakePoll, client: Client) -> None:
    poll = make_poll(kind="multiple", max_choices=2)
    send(client, poll, ballot(poll, 0, 2))
    assert counts(poll) == [1, 0, 1]


def test_a_vote_is_changed_and_taken_back(
    make_poll: MakePoll, guest: User, browser_of: BrowserOf
) -> None:
    poll, browser = make_poll(allow_change=True), browser_of(guest)
    send(browser, poll, ballot(poll, 0))
    send(browser, poll, ballot(poll, 2, key=KEY[::-1]))
    assert counts(poll) == [0, 0, 1]
    html = send(browser, poll, {"take-back": "1", "key": KEY + "1"})
    assert "Your vote has been taken back." in html
    assert counts(poll) == [0, 0, 0]


@pytest.mark.parametrize(
    ("positions", "words"),
    [
        ((), "Choose an option first."),
        ((0, 1), "You’ve chosen more options than this poll allows."),
    ],
)
def test_an_invalid_choice_is_refused_in_plain_words(
    make_poll: MakePoll, client: Client, positions: tuple[int, ...], words: str
) -> None:
    poll = make_poll()
    assert words in send(client, poll, ballot(poll, *positions))
    assert counts(poll) == [0, 0, 0]


def test_an_empty_form_takes_nothing_back(
    make_poll: MakePoll, guest: User, browser_of: BrowserOf
) -> None:
    poll = make_poll(allow_change=True)
    vote(guest, poll, 0)
    send(browser_of(guest), poll, ballot(poll))
    assert counts(poll) == [1, 0, 0]


@pytest.mark.parametrize("option", ["nonsense", "01985c2e-8f10-7d52-b3a4-6a0c5e9d4f21", "\0"])
def test_an_invalid_option_id_is_refused(make_poll: MakePoll, client: Client, option: str) -> None:
    poll = make_poll()
    assert "This option no longer exists." in send(client, poll, {"option": option, "key": KEY})


def test_a_second_vote_does_not_count(
    make_poll: MakePoll, guest: User, browser_of: BrowserOf
) -> None:
    poll = make_poll()
    vote(guest, poll, 0)
    assert "You’ve already voted." in send(browser_of(guest), poll, ballot(poll, 1))
    assert counts(poll) == [1, 0, 0]


def test_a_closed_poll_creates_no_guest(make_poll: MakePoll, alice: User, client: Client) -> None:
    poll = make_poll()
    close_poll(actor=actor_of(alice), poll_id=poll.id)
    assert "This poll is closed." in send(client, poll, ballot(poll, 1))
    assert not User.objects.filter(is_guest=True).exists()


def test_a_poll_not_open_yet_takes_no_votes(make_poll: MakePoll, client: Client) -> None:
    poll = make_poll(opens_at=timezone.now() + timedelta(hours=1))
    assert "This poll is not open yet." in send(client, poll, ballot(poll, 1))


def test_a_key_that_could_be_guessed_makes_no_guest(make_poll: MakePoll, client: Client) -> None:
    poll = make_poll()
    send(client, poll, ballot(poll, 1, key="1"))
    assert not User.objects.filter(is_guest=True).exists()


def test_a_form_from_another_site_is_refused(make_poll: MakePoll) -> None:
    poll, browser = make_poll(), Client(enforce_csrf_checks=True)
    for path in ("vote", "join"):
        answer = browser.post(f"/p/{poll.join_code}/{path}", ballot(poll, 1))
        assert answer.status_code == 403
        assert "This form has expired" in answer.content.decode()
    assert not Vote.objects.exists()


def test_a_visitors_form_sent_twice_is_not_expired(make_poll: MakePoll) -> None:
    """The second one has the cookies that the first one's response has set, but its old secret."""
    poll, browser = make_poll(), Client(enforce_csrf_checks=True)
    page = browser.get(f"/p/{poll.join_code}")
    fields = ballot(poll, 1, csrfmiddlewaretoken=str(page.context["csrf_token"]))
    for _ in range(2):
        assert browser.post(f"/p/{poll.join_code}/vote", fields).status_code == 302
    assert counts(poll) == [0, 1, 0]
    assert User.objects.filter(is_guest=True).count() == 1


# By the script


def test_the_script_gets_the_polls_state(make_poll: MakePoll, client: Client) -> None:
    poll = make_poll(results_visibility="after_vote")
    answer = client.post(f"/p/{poll.join_code}/vote", ballot(poll, 1), headers=SCRIPT)
    assert answer.status_code == 200
    assert answer.json()["votes"] == [str(option_ids(poll)[1])]
    assert answer.json()["poll"]["totalVotes"] == 1
    assert answer.json()["person"]["isGuest"] is True
    again = client.post(f"/p/{poll.join_code}/vote", ballot(poll, 1), headers=SCRIPT)
    assert again.status_code == 200
    assert counts(poll) == [0, 1, 0]


def test_taking_back_hides_results_that_are_for_voters(make_poll: MakePoll, client: Client) -> None:
    poll = make_poll(results_visibility="after_vote", allow_change=True)
    path = f"/p/{poll.join_code}/vote"
    client.post(path, ballot(poll, 1), headers=SCRIPT)
    answer = client.post(path, {"take-back": "1", "key": KEY[::-1]}, headers=SCRIPT).json()
    assert (answer["votes"], answer["poll"]["version"]) == ([], None)


def test_the_script_gets_error_codes(
    make_poll: MakePoll, alice: User, guest: User, browser_of: BrowserOf
) -> None:
    poll, browser = make_poll(), browser_of(guest)
    vote(guest, poll, 0)
    path = f"/p/{poll.join_code}/vote"
    refused = browser.post(path, ballot(poll, 1), headers=SCRIPT)
    assert (refused.status_code, refused.json()["code"]) == (409, "vote.duplicate")
    assert refused.json()["votes"][0]["pollOptionId"] == str(option_ids(poll)[0])
    close_poll(actor=actor_of(alice), poll_id=poll.id)
    assert browser.post(path, ballot(poll, 1), headers=SCRIPT).json()["code"] == "poll.closed"
    missing = browser.post("/p/999999/vote", ballot(poll, 1), headers=SCRIPT)
    assert (missing.status_code, missing.json()["code"]) == (404, "poll.not_found")


def test_joining_makes_one_guest_and_then_names_them(make_poll: MakePoll, client: Client) -> None:
    path = f"/p/{make_poll().join_code}/join"
    first = client.post(path, {"key": KEY}, headers=SCRIPT).json()
    assert first == {"id": first["id"], "name": "Guest", "isGuest": True, "isNew": True}
    named = client.post(path, {"key": KEY, "name": " Zoë 🦊 "}, headers=SCRIPT).json()
    assert named == first | {"name": "Zoë 🦊", "isNew": False}
    assert User.objects.filter(is_guest=True).count() == 1


@pytest.mark.parametrize("name", ["x" * 81, "a\0b"])
def test_a_name_that_cannot_be_kept_is_refused(
    make_poll: MakePoll, client: Client, name: str
) -> None:
    path = f"/p/{make_poll().join_code}/join"
    refused = client.post(path, {"key": KEY, "name": name}, headers=SCRIPT)
    assert (refused.status_code, refused.json()["code"]) == (400, "validation")
    assert not User.objects.filter(is_guest=True).exists()


def test_an_accounts_name_is_not_changed_here(
    make_poll: MakePoll, bob: User, browser_of: BrowserOf
) -> None:
    path = f"/p/{make_poll().join_code}/join"
    assert browser_of(bob).post(path, {"name": "Rob"}, headers=SCRIPT).json()["name"] == "Bob"


def test_a_suspended_account_does_not_vote(
    make_poll: MakePoll, bob: User, staff: User, browser_of: BrowserOf
) -> None:
    poll, browser = make_poll(), browser_of(bob)
    browser.get("/")
    suspend_user(actor=actor_of(staff), user_id=bob.id, reason="spam")
    send(browser, poll, ballot(poll, 1))
    assert not Vote.objects.filter(user=bob).exists()


def test_joining_and_voting_are_rate_limited(make_poll: MakePoll, limited: Settings) -> None:
    limited.RATE_LIMIT_MAX_REQUESTS = 2
    path = f"/p/{make_poll().join_code}/join"
    for number in range(2):
        assert Client().post(path, {"key": f"{KEY}{number}"}, headers=SCRIPT).status_code == 200
    refused = Client().post(path, {"key": f"{KEY}2"}, headers=SCRIPT)
    assert (refused.status_code, refused.json()["code"]) == (429, "rate_limited")
    assert int(refused["Retry-After"]) > 0


@pytest.mark.parametrize("path", ["join", "vote"])
def test_get_requests_to_form_endpoints_do_nothing(
    make_poll: MakePoll, client: Client, path: str
) -> None:
    assert client.get(f"/p/{make_poll().join_code}/{path}").status_code == 405
