"""Searches over the API, on pages and in the admin find the same."""

from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.db.models import Model
from django.test import Client

from accounts.models import TokenFamily, User
from accounts.sign_in import open_family
from polls.abuse_reports import report_poll
from polls.models import AbuseReason, AbuseReport, Poll
from tests.conftest import ClientFor, MakePoll, actor_of, vote
from tests.moderation_client import ModerationClient
from votes.models import Vote

pytestmark = [pytest.mark.both, pytest.mark.django_db(transaction=True)]

# What is written, and what is searched for.
FOUND = [
    ("Äpfel", "äPFEL"),
    ("Özgür", "ÖZGÜR"),
    ("ÖZGÜR", "özgür"),
    ("Äpfel", "A\u0308PFEL"),
    ("İstanbul", "istanbul"),
    ("ısparta", "ISPARTA"),
    ("Straße", "STRASSE"),
    ("Tea", "ｔｅａ"),
    ("Москва", "МОСКВА"),
]
NOT_FOUND = [("Äpfel", "apfel"), ("Tea", "T%a"), ("Tea", "T_a"), ("Tea", "xTea")]
PAIRS = [*((*pair, True) for pair in FOUND), *((*pair, False) for pair in NOT_FOUND)]


def count(answer: Any, key: str) -> int:
    assert answer.status_code == 200
    things: list[Any] = answer.json()[key]
    return len(things)


def listed(staff: User, model: type[Model], text: str) -> int:
    answer = ModerationClient(staff).list_of(model, q=text)
    assert answer.status_code == 200
    rows: int = answer.context["cl"].result_count
    return rows


@pytest.mark.parametrize(("written", "text", "is_found"), PAIRS, ids=ascii)
def test_polls_are_found_alike_everywhere(
    alice: User,
    bob: User,
    staff: User,
    make_poll: MakePoll,
    client_for: ClientFor,
    written: str,
    text: str,
    *,
    is_found: bool,
) -> None:
    poll = make_poll(question=f"Say {written}, please")
    make_poll(question="Something else?")
    vote(bob, poll, 0)
    report_poll(actor=actor_of(bob), poll_id=poll.id, reason=AbuseReason.SPAM)
    assert count(client_for(bob).get("/api/polls", {"search": text}), "polls") == is_found
    own = {"creator": "me", "search": text}
    assert count(client_for(alice).get("/api/polls", own), "polls") == is_found
    browser = Client()
    browser.force_login(alice)
    page = browser.get("/manage", {"search": text})
    assert len(page.context["rows"]) == is_found
    assert next(tab.count for tab in page.context["tabs"]) == is_found
    for model in (Poll, Vote, AbuseReport):
        assert listed(staff, model, text) == is_found, model


@pytest.mark.parametrize(("written", "text", "is_found"), PAIRS, ids=ascii)
def test_people_are_found_alike_everywhere(
    bob: User,
    staff: User,
    make_poll: MakePoll,
    client_for: ClientFor,
    written: str,
    text: str,
    *,
    is_found: bool,
) -> None:
    person = User.objects.create(name=f"The {written} fan", email="person@example.org")
    open_family(user=person, user_agent="Firefox")
    poll = make_poll(actor=actor_of(person))
    vote(person, poll, 0)
    assert count(client_for(bob).get("/api/users/search", {"q": text}), "users") == is_found
    for model in (User, TokenFamily, Poll, Vote):
        assert listed(staff, model, text) == is_found, model


@pytest.mark.parametrize(("written", "text", "is_found"), PAIRS, ids=ascii)
def test_notes_and_the_log_are_found_alike(
    bob: User, staff: User, make_poll: MakePoll, written: str, text: str, *, is_found: bool
) -> None:
    poll, moderator = make_poll(), ModerationClient(staff)
    note = f"About {written} again"
    report_poll(actor=actor_of(bob), poll_id=poll.id, reason=AbuseReason.SPAM, note=note)
    moderator.act("hide_polls", poll, reason=note)
    assert LogEntry.objects.count() == 1
    for model in (AbuseReport, LogEntry):
        assert listed(staff, model, text) == is_found, model


def test_staff_find_emails_in_any_spelling_and_others_do_not(
    bob: User, staff: User, client_for: ClientFor
) -> None:
    User.objects.create(name="Ada", email="özgür@xn--exmple-cua.org")
    for text in ("ÖZGÜR@EXÄMPLE.org", "exämple", "xn--exmple", "@ＥＸÄmple"):
        assert count(client_for(staff).get("/api/users/search", {"q": text}), "users") == 1
        assert count(client_for(bob).get("/api/users/search", {"q": text}), "users") == 0
        assert listed(staff, User, text) == 1


def test_a_join_code_is_found_as_people_write_it(staff: User, make_poll: MakePoll) -> None:
    code = make_poll().join_code
    for text in (code, f"{code[:3]} {code[3:]}", f"{code[:3]}-{code[3:]}", code[1:5]):
        assert listed(staff, Poll, text) == 1


@pytest.mark.parametrize(
    "text", ["x" * 5000, "\u00ad", " ", "\u0308" * 900], ids=["long", *"ab", "marks"]
)
def test_an_odd_search_in_the_admin_is_answered(staff: User, text: str) -> None:
    for model in (User, Poll, Vote, TokenFamily, AbuseReport, LogEntry):
        assert ModerationClient(staff).list_of(model, q=text).status_code == 200
