"""What a question and its options may say, and which options look the same."""

import pytest

from accounts.models import User
from apikit.errors import ValidationFailedError
from polls.editing import OptionEdit, update_poll
from polls.models import OPTION_MAX_CHARS, QUESTION_MAX_CHARS
from tests.conftest import ClientFor, MakePoll, actor_of
from tests.polls.conftest import Ask, fields_of, poll_of

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    "text",
    [
        "¿Té o café?",
        "Чай или кофе?",
        "茶还是咖啡?",
        "شاي أم قهوة؟",
        "चाय या कॉफ़ी?",
        "🍵 or ☕️?",
        "👩‍👩‍👧‍👦 or 🧑‍🚀?",
        "می‌خواهم؟",
        "<b>Tea</b> & 'coffee' \"?\" \\ {{ 1 }} %s",
        "Robert'); DROP TABLE polls_poll;--",
    ],
)
def test_any_script_and_any_sign_is_kept_as_it_is(ask: Ask, text: str) -> None:
    poll = poll_of(ask(question=text, options=[text, f"{text} 2"]))
    assert poll["question"] == text
    assert [option["text"] for option in poll["options"]] == [text, f"{text} 2"]


def test_a_question_may_run_over_lines(ask: Ask) -> None:
    assert poll_of(ask(question="Tea\r\nor coffee?\n"))["question"] == "Tea\nor coffee?"


def test_an_option_may_not(ask: Ask) -> None:
    assert fields_of(ask(options=["Tea", "Cof\nfee"])) == ["options.1.text"]


@pytest.mark.parametrize(
    "character",
    ["\x00", "\x07", "\x1b", "\t", "\r", "\x7f", "\x85", "\u2028", "\u2029", "\uffff", "\ufdd0"],
    ids=ascii,
)
def test_control_characters_are_refused(ask: Ask, character: str) -> None:
    text = f"Tea{character}or coffee?"
    assert fields_of(ask(question=text)) == ["question"]
    assert fields_of(ask(options=["Tea", text])) == ["options.1.text"]


def test_services_refuse_them_whoever_calls(make_poll: MakePoll) -> None:
    for fields in ({"question": "Tea\uffff?"}, {"options": ["Tea", "Cof\nfee"]}):
        with pytest.raises(ValidationFailedError):
            make_poll(**fields)
    poll = make_poll()
    for changes in ({"question": "Tea\0?"}, {"options": [OptionEdit("Tea"), OptionEdit("\x07")]}):
        with pytest.raises(ValidationFailedError):
            update_poll(actor=actor_of(poll.creator), poll_id=poll.id, changes=changes)


def test_half_of_a_surrogate_pair_is_refused(alice: User, client_for: ClientFor) -> None:
    body = r'{"question": "Tea \ud83c?", "options": ["Tea", "\udf75"]}'
    response = client_for(alice).post("/api/polls", body, content_type="application/json")
    assert (response.status_code, response.json()["code"]) == (400, "request.invalid")


def test_blanks_around_are_taken_off(ask: Ask) -> None:
    poll = poll_of(ask(question="  \u3000Tea?\u00a0 ", options=["  Yes ", "\u2003No"]))
    assert poll["question"] == "Tea?"
    assert [option["text"] for option in poll["options"]] == ["Yes", "No"]


def test_composed_and_decomposed_letters_become_the_same(ask: Ask) -> None:
    assert poll_of(ask(question="Caf\u0065\u0301 or tea?"))["question"] == "Caf\u00e9 or tea?"


# Lengths are counted in characters, not bytes, and without the blanks around.


@pytest.mark.parametrize("letter", ["a", "я", "茶", "🍵"])
def test_texts_may_have_their_full_length(ask: Ask, letter: str) -> None:
    question, option = letter * QUESTION_MAX_CHARS, letter * OPTION_MAX_CHARS
    poll = poll_of(ask(question=f" {question} ", options=[f" {option} ", "Coffee"]))
    assert (poll["question"], poll["options"][0]["text"]) == (question, option)


def test_the_shortest_texts_are_taken(ask: Ask) -> None:
    poll = poll_of(ask(question="Ok?", options=["1", "2"]))
    assert poll["question"] == "Ok?"


@pytest.mark.parametrize(
    "question",
    ["", "   ", "??", " ?? ", "x" * (QUESTION_MAX_CHARS + 1), "\u200b" * 3, "\u200b\n\u200b"],
)
def test_a_question_has_three_to_five_hundred_characters(ask: Ask, question: str) -> None:
    assert fields_of(ask(question=question)) == ["question"]


@pytest.mark.parametrize(
    "option", ["", "   ", "\u3000", "x" * (OPTION_MAX_CHARS + 1), "\u200b", "\ufeff \u00ad"]
)
def test_an_option_has_one_to_two_hundred_characters(ask: Ask, option: str) -> None:
    assert fields_of(ask(options=["Tea", option])) == ["options.1.text"]
    assert fields_of(ask(options=["Tea", {"text": option}])) == ["options.1.text"]


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("Tea", "Tea"),
        ("Tea", "tea"),
        ("Tea", " Tea "),
        ("Green tea", "green  TEA"),
        ("Green tea", "Green\u00a0tea"),
        ("Tea", "\uff34\uff45\uff41"),
        ("Café", "Cafe\u0301"),
        ("Straße", "STRASSE"),
        ("fish", "ﬁsh"),
        ("ΣΊΣΥΦΟΣ", "σίσυφος"),
        ("カ", "ｶ"),
        ("x²", "x2"),
        ("Tea", "T\u200bea"),
        ("Tea", "Tea\u2060"),
        ("Coffee", "Cof\u00adfee"),
    ],
)
def test_two_options_that_look_alike_are_refused(ask: Ask, first: str, second: str) -> None:
    assert fields_of(ask(options=[first, "Water", second])) == ["options.2"]


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("Tea", "Teas"),
        ("1", "10"),
        ("да", "нет"),
        ("o", "ö"),
        ("👍", "👎"),
        ("👩\u200d👧", "👩👧"),
        # The flags of England and Scotland differ in nothing but unseen tags.
        (
            "🏴\U000e0067\U000e0062\U000e0065\U000e006e\U000e0067\U000e007f",
            "🏴\U000e0067\U000e0062\U000e0073\U000e0063\U000e0074\U000e007f",
        ),
    ],
)
def test_two_options_that_differ_are_taken(ask: Ask, first: str, second: str) -> None:
    assert len(poll_of(ask(options=[first, second]))["options"]) == 2


def test_every_double_is_named(ask: Ask) -> None:
    assert fields_of(ask(options=["a", "b", "A", "B", "c"])) == ["options.2", "options.3"]
