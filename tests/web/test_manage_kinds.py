"""The kinds of polls in the form of a poll, without a script."""

import html
import re
from io import BytesIO
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from django.test import Client
from django.utils import translation

from accounts.models import User
from polls.kinds.registry import KINDS
from polls.models import Poll, PollKind
from polls.picture_encoding import encode_picture
from polls.pictures import insert_picture
from polls.selectors import whole_polls
from polls.services import create_poll
from polls.suggestions import suggest_option
from tests.conftest import MakePoll, actor_of, vote
from tests.polls.pictures import picture_file
from tests.web.conftest import BrowserOf
from tests.web.test_comparing import fields_in
from tests.web.test_manage_form import fields
from web.forms.kinds.registry import KIND_FORMS, describe_poll
from web.forms.kinds.slots import SlotRow, read_slot

pytestmark = pytest.mark.django_db

SLOTS = [
    {"day": "2100-12-05"},
    {"startsAt": "2100-12-04T13:00:00+00:00", "endsAt": "2100-12-04T14:30:00+00:00"},
]
# By kind: what the form sends, the options and settings that are stored, and a sentence.
CASES: dict[str, tuple[dict[str, Any], list[str], dict[str, Any], str]] = {
    "single": ({}, ["Tea", "Coffee"], {}, "Voters choose one option."),
    "multiple": (
        {"multiple-min_choices": "2"},
        ["Tea", "Coffee"],
        {"minChoices": 2},
        "Voters choose exactly 2 options.",
    ),
    "rating": (
        {
            "rating-scale": "steps",
            "rating-steps": "3",
            "rating-labels": ["Bad", "", "Good", "", "not shown"],
            "rating-method": "star",
        },
        ["Tea", "Coffee"],
        {"scale": "steps", "steps": 3, "labels": ["Bad", "2", "Good"], "method": "star"},
        "Voters rate 2 statements from 1 to 3.",
    ),
    "ranking": (
        {"ranking-method": "schulze", "ranking-places": "1"},
        ["Tea", "Coffee"],
        {"method": "schulze", "places": 1},
        "Voters rank up to 1 of 2 options.",
    ),
    "points": (
        {"points-total": "10"},
        ["Tea", "Coffee"],
        {"total": 10, "mustSpendAll": False},
        "Voters divide up to 10 points among the options.",
    ),
    "numeric": (
        {"numeric-min": "-1.5", "numeric-max": "1", "numeric-step": "0.5", "numeric-unit": "km"},
        [],
        {"min": -1.5, "max": 1.0, "step": 0.5, "unit": "km"},
        "Voters enter a number from -1.5 km to 1 km, in steps of 0.5 km.",
    ),
    "word_cloud": (
        {"word_cloud-max_words": "2", "word_cloud-max_chars": "20"},
        [],
        {"maxWords": 2, "maxChars": 20},
        "Voters send up to 2 words of up to 20 characters.",
    ),
    "open_text": (
        {"open_text-max_chars": "80", "open_text-needs_approval": "on"},
        [],
        {"maxChars": 80, "needsApproval": True},
        "Voters write a text of up to 80 characters.",
    ),
    "hotspot": (
        {"hotspot-max_places": "3"},
        [],
        {"maxPlaces": 3},
        "Voters mark up to 3 places on the picture.",
    ),
    "dates": (
        {
            "dates-day": ["2100-12-05", "", "2100-12-04"],
            "dates-start": ["", "", "14:00"],
            "dates-end": ["", "", "15:30"],
            "time_zone": "Europe/Berlin",
        },
        ["2100-12-04 13:00–14:30 UTC", "2100-12-05"],
        {
            "allowsMaybe": False,
            "slots": [
                {"day": None, "startsAt": "2100-12-04T13:00:00Z", "endsAt": "2100-12-04T14:30:00Z"},
                {"day": "2100-12-05", "startsAt": None, "endsAt": None},
            ],
        },
        "Voters answer 2 dates with yes or no.",
    ),
    "questions": (
        {"questions-needs_approval": "on"},
        [],
        {"needsApproval": True},
        "Voters ask questions, and vote for those of others.",
    ),
}
Sent = dict[str, Any]


def sent(kind: str, **changes: Any) -> Sent:
    return fields(kind=kind, settings_sent="1", **{"option": ["Tea", "Coffee"], **changes})


def only_poll() -> Poll:
    return whole_polls().get()


def texts_of(poll: Poll) -> list[str]:
    return [option.text for option in poll.options.all()]


def form_of(browser: Client, path: str) -> Sent:
    text = browser.get(path).content.decode()
    # fields_in() knows no select.
    chosen = re.search(
        r'<select name="rating-steps".*?<option value="(\d+)" selected', text, re.DOTALL
    )
    return fields_in(text) | ({"rating-steps": [chosen[1]]} if chosen else {}) | {"do": ["save"]}


@pytest.mark.parametrize("kind", CASES)
def test_a_poll_of_each_kind_is_created_and_saved_again_unchanged(
    browser_of: BrowserOf, alice: User, kind: str
) -> None:
    extra, options, settings, sentence = CASES[kind]
    browser = browser_of(alice)
    response = browser.post("/manage/new", sent(kind, **extra))
    assert response.status_code == 302
    poll = only_poll()
    assert (poll.kind, texts_of(poll), poll.settings) == (kind, options, settings)
    assert describe_poll(poll)[0] == sentence
    # Nothing is lost when the form is opened and saved, from another time zone.
    ids = [option.id for option in poll.options.all()]
    path = f"/manage/{poll.id}/edit"
    saved = browser.post(path, form_of(browser, path) | {"question": ["And now?"]})
    assert saved.status_code == 302
    poll = only_poll()
    assert poll.question == "And now?"
    assert (poll.kind, texts_of(poll), poll.settings) == (kind, options, settings)
    assert [option.id for option in poll.options.all()] == ids


def test_every_kind_has_a_form_and_its_rule_in_the_stylesheet() -> None:
    assert set(CASES) == set(KIND_FORMS) == set(KINDS)
    css = Path("web/static/web/css/maker.css").read_text(encoding="utf-8")
    rules = re.findall(r'\[value="(\w+)"\]:checked\) \[data-kinds\]', css)
    assert sorted(rules) == sorted(KINDS)


@pytest.mark.parametrize(
    ("kind", "extra", "sentence"),
    [
        ("multiple", {"multiple-min_choices": "3"}, "no larger than the maximum"),
        ("multiple", {"multiple-min_choices": "2", "max_choices": "1"}, "than the maximum"),
        ("rating", {"rating-steps": "12"}, "Choose 3 to 11 levels."),
        ("rating", {"rating-steps": "5", "rating-scale": "emoji"}, "Choose one of the list."),
        (
            "rating",
            {"rating-steps": "3", "rating-labels": ["a", "b", "Cof\u202efee"]},
            "Use up to 60 visible characters for each level.",
        ),
        (
            "rating",
            {"rating-steps": "3", "rating-method": "star", "option": ["Only one"]},
            "Add 1 to 50 statements, and 2 to 20 with STAR.",
        ),
        ("ranking", {"ranking-places": "3"}, "no larger than the number of options"),
        ("ranking", {"option": [str(each) for each in range(21)]}, "Add 2 to 20 options."),
        ("points", {"points-total": ""}, "Enter a whole number from 1 to 1,000."),
        ("points", {"points-total": "9" * 5000}, "Enter a whole number from 1 to 1,000."),
        ("numeric", {"numeric-min": "5", "numeric-max": "5", "numeric-step": "1"}, "larger than"),
        ("numeric", {"numeric-min": "nan", "numeric-max": "5", "numeric-step": "1"}, "6 decimals"),
        ("numeric", {"numeric-min": "0", "numeric-max": "5", "numeric-step": "9"}, "steps."),
        ("word_cloud", {"word_cloud-max_words": "11", "word_cloud-max_chars": "9"}, "1 to 10."),
        ("open_text", {"open_text-max_chars": "501"}, "from 10 to 500."),
        ("hotspot", {"hotspot-max_places": "x"}, "from 1 to 10."),
        ("dates", {}, "Add 1 to 50 dates."),
        ("dates", {"dates-day": ["2100-13-01"]}, "Enter a date, and a time if you want."),
        (
            "dates",
            {"dates-day": ["2100-12-01"], "dates-end": ["12:00"]},
            "Enter the time when it starts.",
        ),
        (
            "dates",
            {"dates-day": ["2100-12-01"], "dates-start": ["12:00"], "dates-end": ["12:00"]},
            "Choose an end after the start.",
        ),
        ("dates", {"dates-day": ["2100-12-01"] * 2}, "This date is already in the list."),
        ("dates", {"dates-day": ["2100-12-01", "x"]}, "Check the highlighted dates."),
        (
            "dates",
            {
                "dates-day": ["2026-03-29"],
                "dates-start": ["02:30"],
                "time_zone": "Europe/Berlin",
            },
            "This time doesn’t exist on that day",
        ),
        ("dates", {"dates-day": ["x"], "dates-was": ["x"], "dates-exact": ["[" * 400]}, "a date"),
        (
            "dates",
            {"dates-day": ["x"], "dates-was": ["x"], "dates-exact": ['{"endsAt": 5, "x": 1}']},
            "Enter a date, and a time if you want.",
        ),
    ],
)
def test_errors_of_settings_are_shown_at_their_fields(
    browser_of: BrowserOf, alice: User, kind: str, extra: Sent, sentence: str
) -> None:
    response = browser_of(alice).post("/manage/new", sent(kind, **extra))
    text = html.unescape(response.content.decode())
    assert response.status_code == 200
    shown = re.findall(r'<p class="field-error"[^>]*>(.*?)</p>', text, re.DOTALL)
    assert any(sentence in each for each in shown), shown
    assert "autofocus" in text
    assert not Poll.objects.exists()


@pytest.mark.parametrize("language", ["de", "ar"])
def test_descriptions_are_translated(alice: User, language: str) -> None:
    poll = create_poll(actor=actor_of(alice), question="Why?", options=[], kind=PollKind.NUMERIC)
    with translation.override(language):
        [sentence] = describe_poll(whole_polls().get(id=poll.id))
        assert not sentence.startswith("Voters")
        assert all(str(form.task) and str(form.name) for form in KIND_FORMS.values())


def test_rows_of_dates_are_arranged_without_a_script(browser_of: BrowserOf, alice: User) -> None:
    browser = browser_of(alice)
    first = {"dates-day": ["2100-12-01"], "dates-start": ["09:00"], "dates-end": ["10:00"]}
    days = {"dates-first": "2100-12-01", "dates-last": "2100-12-03"}

    def rows(**changes: Any) -> list[str]:
        response = browser.post("/manage/new", sent("dates", question="", **first | changes))
        assert "field-error" not in response.content.decode()
        return [row.shown for row in response.context["form"].ballot.forms["dates"].rows()]

    added = ["2100-12-01 09:00 10:00", "2100-12-02 09:00 10:00", "2100-12-03 09:00 10:00"]
    assert rows(do="add-days", **days) == added
    assert rows(do="add-days", **days | {"dates-last": "9999-12-31"})[49:50]
    assert rows(do="more-slots") == [added[0], "", "", "", ""]
    assert rows(do="remove-slot:0") == ["", "", ""]


def test_an_end_before_the_start_is_on_the_next_day() -> None:
    slot = read_slot(SlotRow("2100-12-01", "22:00", "02:00"), "UTC")
    assert slot == {
        "startsAt": "2100-12-01T22:00:00+00:00",
        "endsAt": "2100-12-02T02:00:00+00:00",
    }


def test_an_untouched_date_keeps_its_exact_time_and_its_text(
    browser_of: BrowserOf, alice: User
) -> None:
    slot = {"startsAt": "2100-12-01T09:00:30Z", "endsAt": "2100-12-03T10:00:00Z"}
    poll = create_poll(
        actor=actor_of(alice),
        question="When?",
        options=["The workshop"],
        kind=PollKind.DATES,
        settings={"slots": [slot]},
    )
    browser, path = browser_of(alice), f"/manage/{poll.id}/edit"
    browser.post(path, form_of(browser, path) | {"question": ["When then?"]})
    assert only_poll().question == "When then?"
    assert only_poll().settings == poll.settings
    assert texts_of(only_poll()) == ["The workshop"]
    browser.post(path, form_of(browser, path) | {"dates-start": ["09:15"]})
    assert texts_of(only_poll()) == ["2100-12-01 09:15–10:00 UTC"]


def test_another_kind_is_chosen_while_editing(browser_of: BrowserOf, alice: User) -> None:
    browser = browser_of(alice)
    browser.post("/manage/new", sent("single"))
    path = f"/manage/{only_poll().id}/edit"
    for kind in ("numeric", "ranking", "dates", "questions", "rating"):
        extra, options, settings, _sentence = CASES[kind]
        changed = form_of(browser, path) | {"option": ["Tea", "Coffee"], "option_id": ["", ""]}
        for name in ("dates-day", "dates-start", "dates-end", "dates-id", "dates-exact"):
            changed.pop(name, None)
        changed.pop("dates-allows_maybe", None)
        response = browser.post(path, changed | {"kind": [kind]} | extra)
        assert response.status_code == 302
        poll = only_poll()
        assert (poll.kind, texts_of(poll), poll.settings) == (kind, options, settings)


def test_questions_of_participants_stay_when_the_poll_is_edited(
    browser_of: BrowserOf, alice: User
) -> None:
    poll = create_poll(
        actor=actor_of(alice), question="Ask!", options=["Why?"], kind=PollKind.QUESTIONS
    )
    browser = browser_of(alice)
    path = f"/manage/{poll.id}/edit"
    browser.post(path, form_of(browser, path) | {"questions-needs_approval": ["on"]})
    assert texts_of(only_poll()) == ["Why?"]
    assert only_poll().settings == {"needsApproval": True}


def test_places_pictures_and_options_of_voters_are_saved_kept_and_removed(
    browser_of: BrowserOf, alice: User
) -> None:
    browser = browser_of(alice)
    picture = insert_picture(alice.id, encode_picture(BytesIO(picture_file())))
    details: Sent = {
        "has_limits": "on",
        "option_limit": ["3", ""],
        "has_pictures": "on",
        "option_picture": [str(picture.id), ""],
        "option_picture_alt": ["A cup", ""],
        "participant_options": "approval",
    }
    browser.post("/manage/new", sent("single", **details))
    path = f"/manage/{only_poll().id}/edit"

    def stored() -> list[Any]:
        poll = only_poll()
        tea, coffee = poll.options.all()
        assert (coffee.limit, coffee.picture) == (None, None)
        return [tea.limit, tea.picture_id, tea.picture_alt, poll.participant_options]

    expected = [3, picture.id, "A cup", "approval"]
    assert stored() == expected
    form = form_of(browser, path)
    assert form["option_picture_url"] == [f"/pictures/{picture.token}.webp", ""]
    browser.post(path, form | {"question": ["And now?"]})
    assert stored() == expected
    without = form_of(browser, path) | {"participant_options": ["none"]}
    browser.post(path, {name: value for name, value in without.items() if name[:4] != "has_"})
    assert stored() == [None, None, "", "none"]


@pytest.mark.parametrize(
    ("kind", "extra", "sentence"),
    [
        ("single", {"has_limits": "on", "option_limit": ["0", ""]}, "from 1 to 1000000."),
        ("multiple", {"has_limits": "on", "option_limit": ["x", ""]}, "from 1 to 1000000."),
        (
            "dates",
            {"dates-day": ["2100-12-01"], "has_limits": "on", "dates-limit": ["0"]},
            "from 1 to 1000000.",
        ),
        (
            "points",
            {
                "points-total": "9",
                "has_pictures": "on",
                "option_picture": ["", str(uuid4())],
            },
            "This picture is no longer there.",
        ),
        ("hotspot", {"hotspot-max_places": "1", "picture": str(uuid4())}, "no longer there"),
        (
            "hotspot",
            {"hotspot-max_places": "1", "picture_alt": "x" * 301},
            "Describe the picture in up to 300",
        ),
    ],
)
def test_wrong_places_and_pictures_are_explained(
    browser_of: BrowserOf, alice: User, kind: str, extra: Sent, sentence: str
) -> None:
    response = browser_of(alice).post("/manage/new", sent(kind, **extra))
    shown = re.findall(r'<p class="field-error"[^>]*>(.*?)</p>', response.content.decode())
    assert any(sentence in each for each in shown), shown


def test_a_path_that_is_no_picture_is_not_shown_as_one(browser_of: BrowserOf, alice: User) -> None:
    evil = "https://evil.example/x.webp"
    extra = {"question": "", "picture_url": evil, "option_picture_url": [evil, evil]}
    text = browser_of(alice).post("/manage/new", sent("hotspot", **extra)).content.decode()
    assert "evil.example" not in text


@pytest.mark.django_db(transaction=True)  # the writer has a connection of its own
def test_places_can_still_be_limited_after_the_first_vote(
    browser_of: BrowserOf, alice: User, bob: User, make_poll: MakePoll
) -> None:
    poll, browser = make_poll(participant_options="open"), browser_of(alice)
    vote(bob, poll, 0)
    path = f"/manage/{poll.id}/edit"
    form = form_of(browser, path) | {"locked_limit": ["", "2", ""]}
    # Meanwhile somebody adds an option.
    suggest_option(actor=actor_of(bob), poll_id=poll.id, text="Milk")
    form["revision"] = [str(only_poll().revision)]
    assert browser.post(path, form).status_code == 302
    assert [option.limit for option in only_poll().options.all()] == [None, 2, None, None]
    wrong = form_of(browser, path) | {"locked_limit": ["0", "2", "", ""]}
    assert "from 1 to 1000000." in browser.post(path, wrong).content.decode()
