"""The tally of a poll: how many votes each option has, and what share that is."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from apikit.wire import Id, Wire
from polls.models import Option, Poll

# Percentages have one decimal, so a whole has a thousand parts.
PARTS = 1000


def percentages(counts: Sequence[int]) -> list[float]:
    """Shares of ``counts`` with one decimal that sum to 100.0, or zeros where nothing is counted.

    By the method of the largest remainder (Hamilton): each share is rounded down, and the parts
    left over go to the largest remainders, the earlier option first among equals.
    """
    total = sum(counts)
    if total == 0:
        return [0.0] * len(counts)
    parts = [count * PARTS // total for count in counts]
    by_remainder = sorted(
        range(len(counts)), key=lambda index: counts[index] * PARTS % total, reverse=True
    )
    for index in by_remainder[: PARTS - sum(parts)]:
        parts[index] += 1
    return [part / 10 for part in parts]


@dataclass(frozen=True, slots=True, kw_only=True)
class OptionTally(Wire):
    """``vote_count`` and ``percentage`` are null where the results are hidden."""

    id: Id
    text: str
    vote_count: int | None
    percentage: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Tally(Wire):
    """``total_votes`` counts choices: with several per person, more than there are voters."""

    id: Id
    question: str
    total_votes: int | None
    options: tuple[OptionTally, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class PollResults(Tally):
    """A tally and how new it is; the larger of two versions is the newer."""

    version: int | None


def count_tally(poll: Poll, options: Iterable[Option]) -> Tally:
    """The tally as the rows have it; no query."""
    options = list(options)
    counts = [option.vote_count for option in options]
    shares = percentages(counts)
    return Tally(
        id=poll.id,
        question=poll.question,
        total_votes=sum(counts),
        options=tuple(
            OptionTally(id=option.id, text=option.text, vote_count=count, percentage=share)
            for option, count, share in zip(options, counts, shares, strict=True)
        ),
    )


def results_of(tally: Tally, version: int) -> PollResults:
    """The tally together with its version."""
    return PollResults(
        id=tally.id,
        question=tally.question,
        total_votes=tally.total_votes,
        options=tally.options,
        version=version,
    )


def hidden_results(tally: Tally) -> PollResults:
    """What is left of it for who may not see it: the question and the options."""
    return PollResults(
        id=tally.id,
        question=tally.question,
        total_votes=None,
        options=tuple(
            OptionTally(id=option.id, text=option.text, vote_count=None, percentage=None)
            for option in tally.options
        ),
        version=None,
    )
