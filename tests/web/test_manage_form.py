"""``/manage/new`` and ``/manage/<id>/edit``: the form of a poll, without a script."""

import re
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.http import HttpResponse
from django.test import Client
from django.utils import timezone

from accounts.models import User
from polls.models import Poll, PollState
from polls.selectors import whole_polls
from polls.services import hide_poll
from tests.conftest import MakePoll, actor_of, option_ids, vote
from tests.web.conftest import BrowserOf

pytestmark = pytest.mark.django_db

Fields = dict[str, Any]


def fields(**changes: Any) -> Fields:
    """What a browser sends of the form for a new poll."""
    return {
        "question": "Tea or coffee?",
        "option": ["Tea", "", "Coffee", ""],
        "option_id": ["", "", "", ""],
        "kind": "single",
        "max_choices": "",
        "results_visibility": "always",
        "opens_at": "",
        "closes_at": "",
        "time_zone": "UTC",
        "embed_origins": "",
        "do": "save",
        **changes,
    }


def fields_of(poll: Poll, **changes: Any) -> Fields:
    options = list(poll.options.order_by("position"))
    return fields(
        **{
            "question": poll.question,
            "option": [option.text for option in options],
            "option_id": [str(option.id) for option in options],
            "revision": poll.revision,
            **changes,
        }
    )


def create(browser: Client, **changes: Any) -> HttpResponse:
    return browser.post("/manage/new", fields(**changes))  # type: ignore[return-value]


def only_poll() -> Poll:
    return whole_polls().get()


def texts_of(poll: Poll) -> list[str]:
    return list(poll.options.order_by("position").values_list("text", flat=True))


# Making one


def test_a_draft_is_created(browser_of: BrowserOf, alice: User) -> None:
    answer = create(browser_of(alice))
    poll = only_poll()
    assert answer["Location"] == f"/manage/{poll.id}"
    assert (poll.creator_id, poll.state) == (alice.id, PollState.DRAFT)
    assert texts_of(poll) == ["Tea", "Coffee"]


def test_a_poll_is_published_with_all_settings(browser_of: BrowserOf, alice: User) -> None:
    create(
        browser_of(alice),
        kind="multiple",
        max_choices="2",
        option=["Tea", "Coffee", "Water"],
        option_id=[],
        allow_change="on",
        results_visibility="after_close",
        embed_origins="https://Example.org\n\nhttp://localhost:8080\n",
        do="publish",
    )
    poll = only_poll()
    assert (poll.state, poll.kind, poll.max_choices) == (PollState.OPEN, "multiple", 2)
    assert poll.allow_change
    assert poll.results_visibility == "after_close"
    assert poll.embed_origins == ["https://example.org", "http://localhost:8080"]


def test_without_a_number_all_options_may_be_chosen(browser_of: BrowserOf, alice: User) -> None:
    create(browser_of(alice), kind="multiple")
    assert only_poll().max_choices == 2


def test_times_are_read_in_the_zone_of_the_browser(browser_of: BrowserOf, alice: User) -> None:
    create(
        browser_of(alice),
        opens_at="2100-07-01T09:00",
        closes_at="2100-12-01T09:00",
        time_zone="Europe/Berlin",
    )
    poll = only_poll()
    assert poll.opens_at == datetime(2100, 7, 1, 7, tzinfo=UTC)
    assert poll.closes_at == datetime(2100, 12, 1, 8, tzinfo=UTC)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"question": " "}, "Enter a question of 3 to 500 characters."),
        ({"question": "x" * 501}, "Enter a question of 3 to 500 characters."),
        ({"option": ["Tea"]}, "Add 2 to 50 options."),
        ({"option": [str(number) for number in range(51)]}, "Add 2 to 50 options."),
        ({"option": ["Tea", "", "TEA"]}, "This option already exists."),
        ({"option": ["Tea", "x" * 201]}, "Use up to 200 visible characters"),
        ({"option": ["Tea", "Cof\u202efee"]}, "Use up to 200 visible characters"),
        ({"kind": "multiple", "max_choices": "3"}, "no larger than the number of options"),
        ({"kind": "multiple", "max_choices": "many"}, "no larger than the number of options"),
        ({"kind": "multiple", "max_choices": "9" * 5000}, "no larger than the number"),
        ({"opens_at": "tomorrow"}, "Enter a date and time."),
        ({"opens_at": "0001-01-01T00:00", "time_zone": "Asia/Tokyo"}, "Enter a date and time"),
        ({"opens_at": "2100-01-01T00:00", "time_zone": "../etc/passwd"}, "Enter a date and time"),
        ({"opens_at": "2100-01-01T00:00", "time_zone": "Europe"}, "Enter a date and time"),
        ({"closes_at": "2001-01-01T00:00"}, "Choose a time in the future"),
        (
            {"opens_at": "2100-01-02T00:00", "closes_at": "2100-01-01T00:00"},
            "Choose a time in the future",
        ),
        ({"embed_origins": "https://ok.org\nnonsense/x"}, "(nonsense/x)"),
        ({"embed_origins": "*\nhttps://ok.org"}, "or just *"),
    ],
)
def test_errors_are_shown_next_to_their_field_and_input_is_kept(
    browser_of: BrowserOf, alice: User, changes: Fields, words: str
) -> None:
    answer = create(browser_of(alice), **{"allow_change": "on", **changes})
    text = answer.content.decode()
    assert answer.status_code == 200
    assert words in text
    assert 'class="field-error"' in text
    assert "autofocus" in text
    assert 'name="allow_change" id="id_allow_change" checked' in text
    for value in changes.values():
        assert all(str(each).strip()[:100] in text for each in [value] if isinstance(each, str))
    assert not Poll.objects.exists()


def test_the_invalid_option_is_marked_among_empty_ones(browser_of: BrowserOf, alice: User) -> None:
    text = create(browser_of(alice), option=["Tea", "", "Coffee", "tea"]).content.decode()
    assert text.count('aria-invalid="true"') == 1
    assert re.search(r'aria-label="Option 4"\s+aria-invalid="true"', text)


@pytest.mark.parametrize(
    ("do", "expected"),
    [
        ("up:2", ["A", "C", "B"]),
        ("down:0", ["B", "A", "C"]),
        ("up:0", ["A", "B", "C"]),
        ("remove:1", ["A", "C"]),
        ("more", ["A", "B", "C", "", "", "", ""]),
    ],
)
def test_options_are_arranged_without_a_script(
    browser_of: BrowserOf, alice: User, make_poll: MakePoll, do: str, expected: list[str]
) -> None:
    poll = make_poll(options=["A", "B", "C"])
    sent = fields_of(poll, question="", do=do)
    answer = browser_of(alice).post(f"/manage/{poll.id}/edit", sent)
    assert [row.text for row in answer.context["form"].rows()] == expected
    # Nothing is complained about before it is sent.
    assert "field-error" not in answer.content.decode()
    assert texts_of(poll) == ["A", "B", "C"]


@pytest.mark.parametrize("do", ["up:9", "remove:x", "remove:", "dance", "remove:" + "9" * 5000])
def test_other_buttons_save(browser_of: BrowserOf, alice: User, do: str) -> None:
    assert create(browser_of(alice), do=do).status_code == 302


# Editing one


def test_the_form_shows_current_values(
    browser_of: BrowserOf, alice: User, make_poll: MakePoll
) -> None:
    poll = make_poll(
        kind="multiple",
        max_choices=2,
        embed_origins=["*"],
        opens_at=datetime(2100, 1, 2, 3, 4, tzinfo=UTC),
    )
    text = browser_of(alice).get(f"/manage/{poll.id}/edit").content.decode()
    for value in ("Tea", "Coffee", "Water", "2", "2100-01-02T03:04", str(option_ids(poll)[0])):
        assert f'value="{value}"' in text
    assert 'name="time_zone" value="UTC"' in text


def test_options_keep_their_ids_when_moved_and_edited(
    browser_of: BrowserOf, alice: User, make_poll: MakePoll
) -> None:
    poll = make_poll()
    tea, _coffee, water = option_ids(poll)
    sent = fields_of(
        poll, option=["Still water", "Tea"], option_id=[str(water), str(tea)], question="What?"
    )
    answer = browser_of(alice).post(f"/manage/{poll.id}/edit", sent)
    assert answer["Location"] == f"/manage/{poll.id}"
    assert option_ids(poll) == [water, tea]
    assert texts_of(poll) == ["Still water", "Tea"]
    assert only_poll().question == "What?"


def test_a_draft_is_saved_and_published_in_one(
    browser_of: BrowserOf, alice: User, make_poll: MakePoll
) -> None:
    poll = make_poll(is_published=False)
    browser_of(alice).post(f"/manage/{poll.id}/edit", fields_of(poll, do="publish"))
    assert only_poll().state == PollState.OPEN


def test_an_untouched_time_keeps_its_microseconds(
    browser_of: BrowserOf, alice: User, make_poll: MakePoll
) -> None:
    closes_at = timezone.now() + timedelta(hours=3)
    poll = make_poll(closes_at=closes_at)
    shown = closes_at.strftime("%Y-%m-%dT%H:%M")
    browser_of(alice).post(f"/manage/{poll.id}/edit", fields_of(poll, closes_at=shown))
    assert only_poll().closes_at == closes_at


@pytest.mark.parametrize("revision", ["", "0", "x", "9" * 5000])
def test_an_invalid_revision_is_refused(
    browser_of: BrowserOf, alice: User, make_poll: MakePoll, revision: str
) -> None:
    poll = make_poll()
    sent = fields_of(poll, revision=revision)
    assert browser_of(alice).post(f"/manage/{poll.id}/edit", sent).status_code == 412


@pytest.mark.django_db(transaction=True)  # the writer has a connection of its own
def test_options_are_locked_after_the_first_vote(
    browser_of: BrowserOf, alice: User, bob: User, make_poll: MakePoll
) -> None:
    poll = make_poll()
    vote(bob, poll, 0)
    browser = browser_of(alice)
    text = browser.get(f"/manage/{poll.id}/edit").content.decode()
    assert "1 person has voted, so kind and options can’t be changed" in text
    assert 'id="options"' not in text
    assert 'name="kind"' not in text
    sent = fields_of(poll, question="Reworded?")
    for name in ("option", "option_id", "kind", "max_choices"):
        del sent[name]
    assert browser.post(f"/manage/{poll.id}/edit", sent).status_code == 302
    assert only_poll().question == "Reworded?"
    assert texts_of(poll) == ["Tea", "Coffee", "Water"]


@pytest.mark.django_db(transaction=True)
def test_options_changed_while_the_first_vote_came_in_are_refused(
    browser_of: BrowserOf, alice: User, bob: User, make_poll: MakePoll
) -> None:
    poll = make_poll()
    vote(bob, poll, 0)
    sent = fields_of(poll, option=["Tea", "Coffee"], question="Kept?")
    text = browser_of(alice).post(f"/manage/{poll.id}/edit", sent).content.decode()
    assert "People have already voted" in text
    assert "Kept?" in text
    assert texts_of(poll) == ["Tea", "Coffee", "Water"]


def test_a_hidden_poll_is_not_changed(
    browser_of: BrowserOf, alice: User, staff: User, make_poll: MakePoll
) -> None:
    poll = make_poll()
    hide_poll(actor=actor_of(staff), poll_id=poll.id, reason="Rude.")
    browser = browser_of(alice)
    assert browser.get(f"/manage/{poll.id}/edit")["Location"] == f"/manage/{poll.id}"
    poll.refresh_from_db()
    answer = browser.post(f"/manage/{poll.id}/edit", fields_of(poll, question="Nicer?"))
    assert "A moderator has hidden this poll" in answer.content.decode()
    assert only_poll().question == "Tea or coffee?"


def test_strangers_cannot_edit(browser_of: BrowserOf, charlie: User, make_poll: MakePoll) -> None:
    poll = make_poll()
    answer = browser_of(charlie).post(f"/manage/{poll.id}/edit", fields_of(poll, question="Mine?"))
    assert answer.status_code == 404
    assert only_poll().question == "Tea or coffee?"


@pytest.mark.parametrize("path", ["/manage/new", "/manage/{}/edit"])
def test_a_form_needs_a_csrf_token(alice: User, make_poll: MakePoll, path: str) -> None:
    poll = make_poll()
    browser = Client(enforce_csrf_checks=True)
    browser.force_login(alice)
    answer = browser.post(path.format(poll.id), fields_of(poll, question="Forged?"))
    assert answer.status_code == 403
    assert only_poll().question == "Tea or coffee?"


def test_visitors_are_redirected_to_sign_in(client: Client) -> None:
    assert client.get("/manage/new")["Location"] == "/sign-in?next=%2Fmanage%2Fnew"
    assert create(client).status_code == 302
    assert not Poll.objects.exists()
