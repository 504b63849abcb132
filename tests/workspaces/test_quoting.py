"""Names in emails: nothing in them is a link, ends the quotation or changes the text around it."""

import re
import unicodedata

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from workspaces.quoting import quotable


@pytest.mark.parametrize(
    "name",
    [
        "Ada Lovelace",
        "Dr. Müller",
        "O’Neill & Sons (North)",
        "Budget 2025-2026",
        "مشروع البلدية",
        "می‌خواهم",
        "नमस्ते दुनिया",
        "東京チーム",
        "👩‍👩‍👧 Family",
        "Q3: goals",
        "50% off?",
    ],
)
def test_ordinary_names_stay_as_they_are(name: str) -> None:
    assert quotable(name, 60) == name


@pytest.mark.parametrize(
    ("name", "quoted"),
    [
        ("Buy at https://spam.example/now", "Buy at …"),
        ("HTTPS://spam.example", "…"),
        ("www.spam.example now", "… now"),
        ("WWW。spam。example", "…"),
        ("spam.example/buy?x=1", "…"),
        ("spam.example", "spam. example"),
        ("spam．example", "spam. example"),
        ("spam。example", "spam。 example"),
        ("spam\u200b.\u2060example", "spam. example"),
        ("Dr.Who", "Dr. Who"),
        ("write to me@spam.example", "write to …"),
        ("@everyone", "everyone"),
        ("mailto:me", "mailto: me"),
        ("call +49 (0)30 123456-78", "call …"),
        ("a/b\\c", "a / b c"),
        ("<b>Bold</b> [x](y) *z* `c`", "b Bold / b x (y) z c"),
        ('Ada" has won. "Go', "Ada’ has won. ’Go"),
        ("„Ada“ «B» ‹C› 「D」", "’Ada’ ’B’ ’C’ ’D’"),
        ("Ada\r\nBcc: x", "Ada Bcc: x"),
        ("Ada\u2028\u2029\x85\x0bB", "Ada B"),
        ("A\u202edrawkcab\u2066\u200f\u061cB\x00\x1b", "AdrawkcabB"),
        ("   ", "…"),
        ("\u202e\u200b", "…"),
        ("", "…"),
        ("x" * 1_000_000, "x" * 9 + "…"),
        ("\u200d" * 20, "…"),
    ],
)
def test_everything_else_is_taken_out(name: str, quoted: str) -> None:
    assert quotable(name, 10 if len(name) > 1_000 else 60) == quoted


@given(st.text(max_size=200))
@example("a" * 8 + ".b")
@example("\uff0e".join("abc"))
def test_no_text_becomes_a_link_or_leaves_its_quotation(name: str) -> None:
    quoted = quotable(name, 40)
    assert 1 <= len(quoted) <= 40
    assert re.search(r"[@\\<>\[\]{}\"“”„«»]|[.。:/]\w|\w/|://|\s\s|^\s|\s$", quoted) is None
    assert sum(each.isdigit() for each in re.sub(r"[^\d\s().+-].*", "", quoted)) <= 9
    refused = {"Cc", "Cn", "Co", "Cs", "Zl", "Zp"}
    assert not {unicodedata.category(each) for each in quoted} & refused
    assert {each for each in quoted if unicodedata.category(each) == "Cf"} <= {"\u200c", "\u200d"}
