"""Texts of people: any script, nothing that hides or steers."""

import unicodedata

import pytest

from apikit.text import (
    comparable,
    fit_for_xml,
    has_control_characters,
    is_invisible,
    normalized,
    without_control_characters,
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


def test_texts_of_programs_lose_their_control_characters() -> None:
    assert without_control_characters("a\0b\x85\uffffc") == "abc"


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
