"""Texts of users: any script, no invisible or control characters."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apikit.text import (
    comparable,
    fit_for_xml,
    has_control_characters,
    is_invisible,
    normalized,
    printable_ascii,
    searchable,
)


@pytest.mark.parametrize(
    "text",
    [
        "Ada",
        "Zoë",
        "Владимир",
        "山田太郎",
        "\u0644\u200c\u0644",
        "👩\u200d🚀",
        "\u200eא",
        "a b",
        "½ €",
        # Newer than the Unicode of this Python, and signs of a format that are seen.
        "\U0001fae8",
        "\U0001fae9",
        "\u06dd",
    ],
)
def test_scripts_and_signs_are_no_control_characters(text: str) -> None:
    assert not has_control_characters(text)
    assert not is_invisible(text)


@pytest.mark.parametrize(
    "character",
    ["\x00", "\x07", "\t", "\n", "\r", "\x1b", "\x7f", "\x85", "\u2028", "\u2029", "\ud800"]
    + [chr(code) for code in (*range(0x202A, 0x202F), *range(0x2066, 0x206A))],
)
def test_control_characters_are_found_anywhere(character: str) -> None:
    assert has_control_characters(f"a{character}b")
    assert not has_control_characters(f"a{character}b", allowed=character)


@pytest.mark.parametrize(
    "character", ["\ufdd0", "\ufdef", "\ufffe", "\uffff", "\U0001fffe", "\U0010ffff"], ids=ascii
)
def test_noncharacters_are_refused_like_control_characters(character: str) -> None:
    assert has_control_characters(f"a{character}b")


@pytest.mark.parametrize("character", ["\ufffd", "\ue000", "\U0010fffd", "\U0001faea"], ids=ascii)
def test_private_and_unassigned_characters_are_taken(character: str) -> None:
    assert not has_control_characters(character)


def test_headers_keep_printable_ascii() -> None:
    assert printable_ascii("a\0 b\x85\xe4~\x7f") == "a b~"


def test_what_xml_has_no_way_to_write_is_left_out() -> None:
    assert fit_for_xml("a\x0b\ud800\uffff\ufffe\0b") == "ab"
    kept = "\t\n\rÄ\ufdd0\ufffd🍵"
    assert fit_for_xml(kept) == kept


@pytest.mark.parametrize(
    "text",
    [
        *(
            "",
            " ",
            "\u00a0",
            "\u200b",
            "\ufeff\u2060",
            "\u3164",
            "\u2800",
            "\ufffc",
            "\u0b3e",
            "\u180f",
        ),
        *("\u2065", "\ufff0", "\U000e0041", "\U000e0fff", "\U0001d173", "\U0001d159", "\U00013441"),
    ],
    ids=ascii,
)
def test_what_shows_nothing_is_invisible(text: str) -> None:
    assert is_invisible(text)
    assert not is_invisible(f"{text}a")


def test_equal_texts_become_equal() -> None:
    assert normalized(unicodedata.normalize("NFD", " Zoë\n")) == "Zoë"


@pytest.mark.parametrize("text", ["\uff34\uff45\uff41", "tea", " TEA ", "Te\u0061"])
def test_texts_that_look_alike_compare_equal(text: str) -> None:
    assert comparable(text) == "tea"


def test_blanks_within_compare_as_one() -> None:
    assert comparable("green\u00a0 tea") == comparable("Green tea")


@pytest.mark.parametrize(
    "text",
    [f"Yes{mark}" for mark in "\u200d\u200c\u2060\u034f\u3164\u2800\ufe0f\u180b\u2065\ufff0"]
    + [f"Yes{mark}" for mark in "\U000e0041\U000e0100\U0001d159\U0001d173\U0001bca0"]
    + ["\u200cYes", "Y\u200des", "Y\u061c\u00ades"],
    ids=ascii,
)
def test_what_shows_nothing_makes_no_other_text(text: str) -> None:
    assert comparable(text) == "yes"


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("نعم", "نعم\u200c"),
        ("آره", "آ\u200cره"),
        ("हाँ", "हाँ\u200d"),
        ("हाँ", "ह\u200dाँ"),
        ("ใช่", "ใช่\u200d"),
        ("예", "예\u200d"),
        ("はい", "は\u200dい"),
        ("כן", "כ\u200dן"),
        ("👍", "👍\u200d"),
        ("❤\ufe0f", "❤"),
        ("می\u200cخواهم", "می\u200c\u200cخواهم"),
    ],
    ids=ascii,
)
def test_a_joiner_that_shows_nothing_makes_no_other_text_in_any_script(
    one: str, other: str
) -> None:
    assert comparable(one) == comparable(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("می\u200cخواهم", "میخواهم"),
        ("ه\u200d", "ه"),
        ("क्\u200dष", "क्ष"),
        ("क्\u200cष", "क्ष"),
        ("র\u200d্য", "র্য"),
        ("👩\u200d🚀", "👩🚀"),
        ("❤\ufe0f\u200d🔥", "❤\ufe0f🔥"),
        ("👍🏽", "👍"),
        ("🏴\U000e0067\U000e0062\U000e0065\U000e006e\U000e0067\U000e007f", "🏴"),
        ("葛\U000e0100", "葛"),
        ("ᠠ\u180b", "ᠠ"),
    ],
    ids=ascii,
)
def test_what_changes_the_look_makes_another_text(one: str, other: str) -> None:
    assert comparable(one) != comparable(other)


@pytest.mark.parametrize(
    "unit", ["\u200d", "\u200c\u200d", "🏴\U000e0041", "\u094d\u200c", "ب\u200c"]
)
def test_the_cost_of_comparing_grows_with_the_length_alone(unit: str) -> None:
    """In quadratic time this would exceed the time limit of a test."""
    assert len(comparable(unit * 100_000)) <= 400_000


@pytest.mark.parametrize(
    ("text", "query"),
    [
        ("Äpfel", "äpfel"),
        ("äpfel", "ÄPFEL"),
        ("Özgür", "ÖZGÜR"),
        ("A\u0308pfel", "äpfel"),
        ("Äpfel", "a\u0308PFEL"),
        ("İstanbul", "istanbul"),
        ("I\u0307stanbul", "ISTANBUL"),
        ("Isparta", "ısparta"),
        ("ısparta", "ISPARTA"),
        ("Straße", "STRASSE"),
        ("STRASSE", "straße"),
        ("STRAẞE", "strasse"),
        ("Ｔｅａ", "tea"),
        ("Tea", "ｔｅａ"),
        ("ΣΊΣΥΦΟΣ", "σίσυφος"),
        ("Ελλάς", "ΕΛΛΆΣ"),
        ("Москва", "МОСКВА"),
        ("ΰ", "Υ\u0308\u0301"),
        ("ﬁsh", "FISH"),
        ("ｶﾞ", "ガ"),
        ("Kaf\u00adfee", "kaffee"),
        ("green\ntea", "Green  Tea"),
    ],
    ids=ascii,
)
def test_a_search_finds_a_text_in_any_case_and_form(text: str, query: str) -> None:
    assert searchable(text) == searchable(query)


@pytest.mark.parametrize(
    ("text", "other"), [("Äpfel", "apfel"), ("o", "ö"), ("и", "й"), ("é", "è")]
)
def test_accents_make_a_difference_to_a_search(text: str, other: str) -> None:
    assert searchable(other) not in searchable(text)


@given(st.text(max_size=20))
def test_a_searchable_text_stays_as_it_is(text: str) -> None:
    assert searchable(searchable(text)) == searchable(text)


# Characters that change how their neighbours look.
@given(
    st.text(
        "aAİıبا\u200c\u200d\u00ad\u094dक\u180b\u1820\U000e0041\U000e007f\U0001f3f4👍\u1160\u0301\u034f葛"
        "\U000e0100\ufe0f \u2800",
        max_size=9,
    )
)
def test_a_comparable_text_stays_as_it_is(text: str) -> None:
    assert comparable(comparable(text)) == comparable(text)
    assert searchable(searchable(text)) == searchable(text)
