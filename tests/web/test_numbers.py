"""Numbers in pages are those that scripts would show, in each language."""

import pytest
from django.contrib.humanize.templatetags.humanize import intcomma
from django.utils import translation

from web.kinds.numeric_results import plain
from web.kinds.rating_results import decimal
from web.numbers import grouped
from web.templatetags.shares import whole_percent


@pytest.mark.parametrize(
    ("language", "whole", "fraction", "share"),
    [
        ("en", "12,345", "1,234.5", "52%"),
        ("de", "12.345", "1.234,5", "52\N{NO-BREAK SPACE}%"),
        ("ar", "12,345", "1,234.5", "52%"),
    ],
)
def test_numbers_have_the_separators_of_the_language(
    language: str, whole: str, fraction: str, share: str
) -> None:
    with translation.override(language):
        assert (grouped(12345), intcomma(12345)) == (whole, whole)
        assert (plain(1234.5), whole_percent(52)) == (fraction, share)


def test_numbers_are_rounded_half_up_like_those_of_scripts() -> None:
    # As binary fractions, these are smaller or half.
    assert [decimal(2.25), decimal(17.45), plain(17.45, 1), plain(0.5, 0)] == [
        "2.3",
        "17.5",
        "17.5",
        "1",
    ]
