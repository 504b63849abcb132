"""Percentages by the method of the largest remainder: they sum to 100, and betray nobody."""

from decimal import Decimal
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from polls.models import MAX_OPTIONS
from polls.tally import percentages

counts_of_votes = st.lists(
    st.one_of(st.integers(0, 5), st.integers(0, 10**7)), min_size=2, max_size=MAX_OPTIONS
).filter(any)


def exact(shares: list[float]) -> list[Decimal]:
    """As they are written in JSON."""
    return [Decimal(str(share)) for share in shares]


@pytest.mark.parametrize(
    ("counts", "expected"),
    [
        ([1, 0], [100.0, 0.0]),
        ([1, 1], [50.0, 50.0]),
        ([2, 0, 1], [66.7, 0.0, 33.3]),
        ([1, 1, 1], [33.4, 33.3, 33.3]),
        ([1, 1, 1, 1, 1, 1, 1], [14.3, 14.3, 14.3, 14.3, 14.3, 14.3, 14.2]),
        ([999, 1], [99.9, 0.1]),
        ([9999, 1], [100.0, 0.0]),
        ([10**9, 10**9, 10**9], [33.4, 33.3, 33.3]),
    ],
)
def test_shares_have_one_decimal_and_the_earlier_option_goes_first(
    counts: list[int], expected: list[float]
) -> None:
    assert percentages(counts) == expected


@pytest.mark.parametrize("counts", [[], [0], [0, 0, 0]])
def test_nothing_has_no_share(counts: list[int]) -> None:
    assert percentages(counts) == [0.0] * len(counts)


@given(counts_of_votes)
def test_shares_sum_to_a_hundred_exactly(counts: list[int]) -> None:
    assert sum(exact(percentages(counts))) == 100


@given(counts_of_votes)
def test_a_share_has_one_decimal_at_most(counts: list[int]) -> None:
    assert all(share == round(share, 1) for share in exact(percentages(counts)))


@given(counts_of_votes)
def test_more_votes_are_never_a_smaller_share(counts: list[int]) -> None:
    by_count = sorted(zip(counts, percentages(counts), strict=True))
    for (fewer, smaller), (more, larger) in pairwise(by_count):
        assert smaller <= larger or fewer == more


@given(counts_of_votes)
def test_equal_votes_differ_by_one_part_at_most_and_the_earlier_has_it(counts: list[int]) -> None:
    shares = exact(percentages(counts))
    for count in set(counts):
        equals = [share for share, each in zip(shares, counts, strict=True) if each == count]
        assert equals == sorted(equals, reverse=True)
        assert equals[0] - equals[-1] <= Decimal("0.1")


@given(counts_of_votes)
def test_a_share_is_off_by_less_than_a_tenth(counts: list[int]) -> None:
    total = sum(counts)
    for count, share in zip(counts, exact(percentages(counts)), strict=True):
        assert abs(share - Decimal(100 * count) / total) < Decimal("0.1")


@given(counts_of_votes)
def test_what_nobody_chose_has_no_share(counts: list[int]) -> None:
    shares = zip(counts, percentages(counts), strict=True)
    assert all(share == 0 for count, share in shares if count == 0)
