"""``/p/<code>/report``: reporting a poll from its page."""

from uuid import UUID

import pytest
from django.test import Client
from pytest_django import Settings

from accounts.models import User
from polls.models import ABUSE_NOTE_MAX_CHARS, AbuseReport, Poll
from polls.services import hide_poll
from tests.conftest import MakePoll, actor_of
from tests.web.conftest import BrowserOf

pytestmark = pytest.mark.django_db(transaction=True)

KEY = "0123456789abcdef0123456789abcdef"
FORM = {"reason": "spam", "note": "Buy this!", "key": KEY}


def path(poll: Poll) -> str:
    return f"/p/{poll.join_code}/report"


def test_the_page_and_the_frame_lead_to_the_form(make_poll: MakePoll, client: Client) -> None:
    poll = make_poll(embed_origins=["*"])
    for page in (f"/p/{poll.join_code}", f"/embed/{poll.id}"):
        assert f'href="{path(poll)}"' in client.get(page).content.decode()
    assert "Why are you reporting this poll?" in client.get(path(poll)).content.decode()
    assert User.objects.count() == 1, "looking makes nobody a guest"


def test_a_visitor_becomes_a_guest_and_reports_once(make_poll: MakePoll, client: Client) -> None:
    poll = make_poll()
    for browser in (client, client, Client()):
        answer = browser.post(path(poll), FORM)
        assert (answer.status_code, answer["Location"]) == (302, f"/p/{poll.join_code}")
    report = AbuseReport.objects.get()
    assert (report.reason, report.note, report.reporter.is_guest) == ("spam", "Buy this!", True)
    assert "Thanks." in client.get(f"/p/{poll.join_code}").content.decode()


def test_a_browsers_guest_reports_and_is_not_replaced(make_poll: MakePoll, client: Client) -> None:
    poll = make_poll()
    client.post(f"/p/{poll.join_code}/join", {"key": KEY})
    guest = User.objects.get(is_guest=True)
    # As after its session has expired.
    del client.cookies["tallyroom_session"]
    assert client.post(path(poll), FORM | {"key": KEY[::-1]}).status_code == 302
    assert AbuseReport.objects.get().reporter == guest
    assert User.objects.get(is_guest=True) == guest


def test_a_hidden_poll_and_a_missing_one_look_the_same(
    make_poll: MakePoll, staff: User, bob: User, browser_of: BrowserOf
) -> None:
    hidden, draft = make_poll(), make_poll(is_published=False)
    hide_poll(actor=actor_of(staff), poll_id=hidden.id, reason="spam")
    browser = browser_of(bob)
    for send in (browser.get, lambda to: browser.post(to, FORM)):
        answers = [send(to) for to in (path(hidden), path(draft), "/p/999999/report")]
        assert {answer.status_code for answer in answers} == {404}
    assert not AbuseReport.objects.exists()


@pytest.mark.parametrize(
    "wrong",
    [
        {"reason": ""},
        {"reason": "unknown"},
        {"note": "x" * (ABUSE_NOTE_MAX_CHARS + 1)},
        {"note": "a\x07b"},
        {"key": "short"},
    ],
)
def test_invalid_reports_are_refused(
    make_poll: MakePoll, client: Client, wrong: dict[str, str]
) -> None:
    poll = make_poll()
    answer = client.post(path(poll), FORM | wrong)
    assert answer.status_code == 200
    assert answer.context["form"].errors
    assert not AbuseReport.objects.exists()


def test_too_many_reports_are_refused_before_a_guest_is_created(
    make_poll: MakePoll, limited: Settings
) -> None:
    limited.ABUSE_REPORTS_PER_HOUR = 1
    polls = [make_poll(), make_poll()]
    people = []
    for number, poll in enumerate(polls):
        answer = Client().post(path(poll), FORM | {"key": UUID(int=number).hex})
        people.append((answer.status_code, User.objects.filter(is_guest=True).count()))
    assert people == [(302, 1), (429, 1)]
