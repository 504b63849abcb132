"""Two people edit one poll: the page with both versions, without a script."""

import html
import json
import re
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from accounts.models import User
from polls.editing import OptionEdit, update_poll
from polls.kind_settings import complete_settings
from polls.models import Poll, PollKind, PollState
from polls.selectors import whole_polls
from polls.services import close_poll
from tests.conftest import MakePoll, actor_of, vote
from tests.web.conftest import BrowserOf
from web.compared_fields import Choices, show_choices

pytestmark = pytest.mark.django_db

Fields = dict[str, list[str]]


def fields_in(text: str) -> Fields:
    """What a browser would send of the page's form, without its buttons."""
    fields: Fields = {}
    [form] = re.findall(r'<form class="stack.*?</form>', text, re.DOTALL)
    for tag in re.findall(r"<input\s[^>]*>", form):
        attributes = dict(re.findall(r'([\w-]+)="([^"]*)"', tag))
        is_choice = attributes.get("type") in {"radio", "checkbox"}
        if "name" in attributes and (not is_choice or re.search(r"\schecked", tag)):
            value = html.unescape(attributes.get("value", "on" if is_choice else ""))
            fields.setdefault(attributes["name"], []).append(value)
    areas = re.findall(r'<textarea name="(\w+)"[^>]*>\n?(.*?)</textarea>', form, re.DOTALL)
    fields |= {name: [html.unescape(value)] for name, value in areas}
    return fields


def load(browser: Client, poll: Poll, **changes: Any) -> Fields:
    page = browser.get(f"/manage/{poll.id}/edit")
    return fields_in(page.content.decode()) | {"do": ["save"]} | changes


def send(browser: Client, poll: Poll, fields: Fields) -> Any:
    return browser.post(f"/manage/{poll.id}/edit", fields)


def current(poll: Poll) -> Poll:
    return whole_polls().get(id=poll.id)


def texts_of(poll: Poll) -> list[str]:
    return [option.text for option in current(poll).options.all()]


def change(poll: Poll, user: User, **changes: Any) -> None:
    update_poll(actor=actor_of(user), poll_id=poll.id, changes=changes)


@pytest.fixture
def two(
    browser_of: BrowserOf, alice: User, staff: User, make_poll: MakePoll
) -> tuple[Client, Poll, Fields]:
    """alice has the form open, in which she changed the question; staff has saved meanwhile."""
    poll, browser = make_poll(), browser_of(alice)
    fields = load(browser, poll, question=["Mine?"])
    change(poll, staff, question="Theirs?", allow_change=True)
    return browser, poll, fields


def test_the_second_save_shows_both_versions(two: tuple[Client, Poll, Fields]) -> None:
    browser, poll, fields = two
    answer = send(browser, poll, fields)
    text = answer.content.decode()
    assert answer.status_code == 412
    assert current(poll).question == "Theirs?"
    assert [each.name for each in answer.context["differences"]] == ["question", "allow_change"]
    assert "Mine?" in text
    assert "Theirs?" in text
    # What only one of them has changed is theirs to decide.
    sent = fields_in(text)
    assert sent["take_question"] == ["yours"]
    assert sent["take_allow_change"] == ["theirs"]


def test_the_selection_is_saved(two: tuple[Client, Poll, Fields]) -> None:
    browser, poll, fields = two
    chosen = fields_in(send(browser, poll, fields).content.decode())
    assert send(browser, poll, chosen | {"do": ["merge"]}).status_code == 302
    saved = current(poll)
    assert (saved.question, saved.allow_change) == ("Mine?", True)


def test_the_other_version_can_be_taken_of_each_field(two: tuple[Client, Poll, Fields]) -> None:
    browser, poll, fields = two
    chosen = fields_in(send(browser, poll, fields).content.decode())
    chosen |= {"take_question": ["theirs"], "take_allow_change": ["yours"], "do": ["merge"]}
    assert send(browser, poll, chosen).status_code == 302
    saved = current(poll)
    assert (saved.question, saved.allow_change) == ("Theirs?", False)


def test_all_of_yours_can_be_kept(two: tuple[Client, Poll, Fields]) -> None:
    browser, poll, fields = two
    chosen = fields_in(send(browser, poll, fields).content.decode())
    chosen |= {"take_question": ["theirs"], "do": ["merge-yours"]}
    assert send(browser, poll, chosen).status_code == 302
    saved = current(poll)
    assert (saved.question, saved.allow_change) == ("Mine?", False)


def test_a_third_version_is_compared_again(two: tuple[Client, Poll, Fields], staff: User) -> None:
    browser, poll, fields = two
    chosen = fields_in(send(browser, poll, fields).content.decode())
    change(poll, staff, question="Third?")
    answer = send(browser, poll, chosen | {"take_question": ["theirs"], "do": ["merge"]})
    assert answer.status_code == 412
    assert current(poll).question == "Third?"
    # The choice is kept.
    assert fields_in(answer.content.decode())["take_question"] == ["theirs"]


def test_editing_goes_on_with_your_version(two: tuple[Client, Poll, Fields]) -> None:
    browser, poll, fields = two
    chosen = fields_in(send(browser, poll, fields).content.decode())
    text = send(browser, poll, chosen | {"do": ["resume"]}).content.decode()
    again = fields_in(text)
    assert again["question"] == ["Mine?"]
    assert again["option"] == ["Tea", "Coffee", "Water"]
    assert send(browser, poll, again | {"do": ["save"]}).status_code == 302
    assert current(poll).question == "Mine?"


def test_lists_of_options_are_compared(
    browser_of: BrowserOf, alice: User, staff: User, make_poll: MakePoll
) -> None:
    poll, browser = make_poll(), browser_of(alice)
    fields = load(browser, poll)
    fields["option"], fields["option_id"] = (
        [*fields["option"], "Milk"],
        [*fields["option_id"], ""],
    )
    tea, coffee, _water = current(poll).options.all()
    edits = [OptionEdit("Coffee", coffee.id), OptionEdit("Green tea", tea.id), OptionEdit("Cocoa")]
    change(poll, staff, options=edits)
    answer = send(browser, poll, fields)
    [difference] = answer.context["differences"]
    assert [(line.text, line.note) for line in difference.yours.lines] == [
        ("Tea", "other wording"),
        ("Coffee", "other position"),
        ("Water", "only in your version"),
        ("Milk", "only in your version"),
    ]
    assert [(line.text, line.note) for line in difference.theirs.lines] == [
        ("Coffee", "other position"),
        ("Green tea", "other wording"),
        ("Cocoa", "only in the other version"),
    ]
    # Water, which they removed, is a new option in yours.
    chosen = fields_in(answer.content.decode()) | {"take_options": ["yours"], "do": ["merge"]}
    assert send(browser, poll, chosen).status_code == 302
    assert texts_of(poll) == ["Tea", "Coffee", "Water", "Milk"]


def test_choices_of_one_version_fit_the_options_of_the_other(
    browser_of: BrowserOf, alice: User, staff: User, make_poll: MakePoll
) -> None:
    poll = make_poll(options=["A", "B", "C", "D"], kind="multiple", max_choices=4)
    browser = browser_of(alice)
    fields = load(browser, poll, max_choices=["3"])
    change(poll, staff, options=[OptionEdit("A"), OptionEdit("B")])
    chosen = fields_in(send(browser, poll, fields).content.decode())
    chosen |= {"take_options": ["theirs"], "take_choices": ["yours"], "do": ["merge"]}
    assert send(browser, poll, chosen).status_code == 302
    assert (texts_of(poll), current(poll).max_choices) == (["A", "B"], 2)


@pytest.mark.django_db(transaction=True)  # the writer has a connection of its own
def test_options_with_votes_stay_as_they_are(
    browser_of: BrowserOf, alice: User, bob: User, staff: User, make_poll: MakePoll
) -> None:
    poll, browser = make_poll(), browser_of(alice)
    fields = load(browser, poll, question=["Mine?"], option=["Tea", "Coffee", "Milk"])
    change(poll, staff, question="Theirs?")
    vote(bob, poll, 0)
    answer = send(browser, poll, fields)
    options = answer.context["differences"][1]
    assert (options.name, options.is_fixed, options.taken) == ("options", True, "theirs")
    chosen = fields_in(answer.content.decode())
    assert send(browser, poll, chosen | {"do": ["merge-yours"]}).status_code == 302
    assert current(poll).question == "Mine?"
    assert texts_of(poll) == ["Tea", "Coffee", "Water"]


def test_times_are_compared_as_moments(
    browser_of: BrowserOf, alice: User, staff: User, make_poll: MakePoll
) -> None:
    closes_at = timezone.now() + timedelta(days=2)
    poll, browser = make_poll(closes_at=closes_at), browser_of(alice)
    fields = load(browser, poll, question=["Mine?"])
    later = closes_at + timedelta(days=1)
    change(poll, staff, closes_at=later)
    answer = send(browser, poll, fields)
    assert answer.context["differences"][1].theirs.moment == later
    chosen = fields_in(answer.content.decode())
    assert chosen["take_closes_at"] == ["theirs"]
    assert send(browser, poll, chosen | {"do": ["merge"]}).status_code == 302
    assert current(poll).closes_at == later


def test_a_refusal_of_the_selection_is_explained(
    browser_of: BrowserOf, alice: User, staff: User, make_poll: MakePoll
) -> None:
    opens, closes = (timezone.now() + timedelta(days=days) for days in (5, 6))
    poll, browser = make_poll(), browser_of(alice)
    fields = load(browser, poll, opens_at=[opens.strftime("%Y-%m-%dT%H:%M")])
    change(poll, staff, closes_at=closes - timedelta(days=3))
    chosen = fields_in(send(browser, poll, fields).content.decode())
    answer = send(browser, poll, chosen | {"do": ["merge"]})
    text = answer.content.decode()
    assert answer.status_code == 200
    assert "Choose a time in the future, after the poll opens." in text
    assert current(poll).opens_at is None
    assert fields_in(text)["take_opens_at"] == ["yours"]


def test_a_change_of_state_alone_leaves_your_edit(
    browser_of: BrowserOf, alice: User, staff: User, make_poll: MakePoll
) -> None:
    poll, browser = make_poll(), browser_of(alice)
    fields = load(browser, poll, question=["Mine?"])
    close_poll(actor=actor_of(staff), poll_id=poll.id)
    answer = send(browser, poll, fields)
    assert answer.status_code == 412
    assert "Only you changed this." in answer.content.decode()
    chosen = fields_in(answer.content.decode())
    assert send(browser, poll, chosen | {"do": ["merge"]}).status_code == 302
    assert (current(poll).question, current(poll).state) == ("Mine?", PollState.CLOSED)


def test_publishing_is_not_forgotten(
    browser_of: BrowserOf, alice: User, staff: User, make_poll: MakePoll
) -> None:
    poll, browser = make_poll(is_published=False), browser_of(alice)
    fields = load(browser, poll, question=["Mine?"], do=["publish"])
    change(poll, staff, question="Theirs?")
    answer = send(browser, poll, fields)
    assert 'value="merge-publish"' in answer.content.decode()
    chosen = fields_in(answer.content.decode()) | {"do": ["merge-publish"]}
    send(browser, poll, chosen)
    assert (current(poll).question, current(poll).state) == ("Mine?", PollState.OPEN)


@pytest.mark.parametrize("loaded", ["", "x", "[]", "1", "{", '{"question": {}}', "[" * 3000])
def test_anything_is_read_as_what_the_form_was_loaded_with(
    two: tuple[Client, Poll, Fields], loaded: str
) -> None:
    browser, poll, fields = two
    answer = send(browser, poll, fields | {"loaded": [loaded]})
    assert answer.status_code == 412
    assert fields_in(answer.content.decode())["take_question"] == ["yours"]


def test_the_form_carries_no_content_of_its_own(
    browser_of: BrowserOf, alice: User, make_poll: MakePoll
) -> None:
    poll = make_poll()
    loaded = json.loads(load(browser_of(alice), poll)["loaded"][0])
    assert all(re.fullmatch("[0-9a-f]{8}", each) for each in loaded.values())


def test_settings_of_one_version_fit_the_options_of_the_other(
    browser_of: BrowserOf, alice: User, staff: User, make_poll: MakePoll
) -> None:
    poll = make_poll(options=["A", "B", "C", "D"], kind="ranking")
    browser = browser_of(alice)
    fields = load(browser, poll) | {"ranking-places": ["3"], "rating-steps": ["5"]}
    change(poll, staff, options=[OptionEdit("A"), OptionEdit("B")], settings={"method": "schulze"})
    answer = send(browser, poll, fields)
    _options, choices = answer.context["differences"]
    assert [line.text for line in choices.yours.lines] == [
        "Ranking",
        "Voters rank up to 3 of 4 options.",
        "Result: Borda count",
    ]
    assert choices.theirs.lines[1].text == "Voters put 2 options in order."
    chosen = fields_in(answer.content.decode())
    chosen |= {"take_options": ["theirs"], "take_choices": ["yours"], "do": ["merge"]}
    assert send(browser, poll, chosen).status_code == 302
    assert texts_of(poll) == ["A", "B"]
    assert current(poll).settings == {"method": "borda", "places": 2}


def test_options_that_follow_from_the_kind_are_taken_with_it(
    browser_of: BrowserOf, alice: User, staff: User, make_poll: MakePoll
) -> None:
    poll, browser = make_poll(), browser_of(alice)
    dates = {"kind": ["dates"], "dates-day": ["2100-12-01"], "rating-steps": ["5"]}
    fields = load(browser, poll) | dates
    change(poll, staff, question="Theirs?")
    chosen = fields_in(send(browser, poll, fields).content.decode())
    assert "take_options" not in chosen
    # Yours at first, since only you changed it; then theirs.
    refused = chosen | {"take_choices": ["theirs"], "do": ["merge"]}
    assert send(browser, poll, refused).status_code == 302
    assert (current(poll).kind, texts_of(poll)) == ("single", ["Tea", "Coffee", "Water"])
    chosen["revision"] = [str(current(poll).revision)]
    assert send(browser, poll, chosen | {"do": ["merge"]}).status_code == 302
    assert (current(poll).kind, texts_of(poll)) == ("dates", ["2100-12-01"])


DAY = {"day": "2100-12-01", "startsAt": None, "endsAt": None}
# Another value of each setting of each kind, beside these.
BASE: dict[str, dict[str, Any]] = {
    "dates": {"slots": [DAY]},
    "numeric": {"min": 0, "max": 10, "step": 1},
}
OTHERS: dict[str, dict[str, Any]] = {
    "multiple": {"minChoices": 2},
    "rating": {"scale": "yes_no", "steps": 7, "labels": list("abcde"), "method": "star"},
    "ranking": {"method": "schulze", "places": 2},
    "points": {"total": 7, "mustSpendAll": False},
    "numeric": {"min": 1, "max": 9, "step": 0.5, "unit": "kg"},
    "word_cloud": {"maxWords": 5, "maxChars": 11},
    "open_text": {"maxChars": 11, "needsApproval": True},
    "hotspot": {"maxPlaces": 2},
    "dates": {"slots": [DAY | {"day": "2100-12-02"}], "allowsMaybe": False},
    "questions": {"needsApproval": True},
}


@pytest.mark.parametrize("kind", [*OTHERS, "single"])
def test_versions_that_differ_in_a_setting_look_different(kind: str) -> None:
    def choices(settings: dict[str, Any]) -> Choices:
        complete = complete_settings(PollKind(kind), BASE.get(kind, {}) | settings)
        return Choices(kind, None, complete, 3)

    base, others = choices({}), OTHERS.get(kind, {})
    assert set(base.settings) == set(others)
    for name, value in others.items():
        yours, theirs = show_choices(base, choices({name: value}))
        assert yours != theirs, name
