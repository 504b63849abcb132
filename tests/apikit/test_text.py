"""Texts of people: any script, nothing that hides or steers."""

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


@pytest.mark.parametrize("text", ["", " ", "\u00a0", "\u200b", "\ufeff\u2060", "\u3164", "\u2800"])
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
