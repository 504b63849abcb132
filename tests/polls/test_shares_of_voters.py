"""Shares of people: what the percentages of polls with several choices are based on."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from polls.models import Poll, PollKind
from polls.tally import count_voters, percentages_of_voters


@pytest.mark.parametrize(
    ("counts", "voters", "expected"),
    [
        ([10, 10], 10, [100.0, 100.0]),
        ([1, 1, 1], 3, [33.3, 33.3, 33.3]),
        ([2, 1, 0], 3, [66.7, 33.3, 0.0]),
        ([1], 2000, [0.1]),
        ([1], 2001, [0.0]),
        ([0, 0], 0, [0.0, 0.0]),
        ([], 0, []),
    ],
)
def test_shares_are_rounded_half_up_to_one_decimal(
    counts: list[int], voters: int, expected: list[float]
) -> None:
    assert percentages_of_voters(counts, voters) == expected


@given(st.lists(st.integers(0, 10**9), min_size=2, max_size=50))
def test_equal_counts_are_equal_shares_of_at_most_a_hundred(counts: list[int]) -> None:
    voters = max(counts)
    shares = percentages_of_voters(counts, voters)
    assert all(0 <= share <= 100 for share in shares)
    assert len(set(zip(counts, shares, strict=True))) == len(set(counts))


@pytest.mark.parametrize(
    ("kind", "ballot_count", "counts", "voters"),
    [
        (PollKind.MULTIPLE, 10, [10, 10], 10),
        (PollKind.MULTIPLE, 0, [0, 0], 0),
        # Options that were read after another vote than their poll.
        (PollKind.MULTIPLE, 9, [10, 3], 10),
        (PollKind.MULTIPLE, 9, [4, 4], 8),
        (PollKind.SINGLE, 9, [4, 4], 8),
    ],
)
def test_voters_always_fit_the_counts(
    kind: PollKind, ballot_count: int, counts: list[int], voters: int
) -> None:
    assert count_voters(Poll(kind=kind, ballot_count=ballot_count), counts) == voters
