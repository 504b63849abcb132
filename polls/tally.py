"""The tally of a poll: the votes of each option, and their shares."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from apikit.wire import Id, Wire
from polls.kinds.ranking import RankingTally
from polls.kinds.registry import CHOICES, KindTally
from polls.models import Option, Poll, PollKind, PollState
from polls.wording import original_question, question_edited_at

# Percentages have one decimal place, so 100 % has a thousand parts.
PARTS = 1000


def percentages(counts: Sequence[int]) -> list[float]:
    """Return shares with one decimal place that sum to 100.0, or zeros without votes.

    Largest remainder method (Hamilton): each share is rounded down, and the parts left over go to
    the largest remainders, among equals to the earlier option.
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


def percentages_of_voters(counts: Sequence[int], voters: int) -> list[float]:
    """Return the share of ``voters`` for each count, rounded half up to one decimal place.

    With several choices they sum to more than 100. Equal counts have equal shares. Zeros without
    voters.
    """
    if voters == 0:
        return [0.0] * len(counts)
    return [(count * PARTS * 2 + voters) // (voters * 2) / 10 for count in counts]


def count_votes(poll: Poll, counts: Sequence[int]) -> int:
    """Return how many votes the options have together; without options, the number of ballots.

    Votes for options that the host has removed do not count.
    """
    return sum(counts) if counts or poll.kind in CHOICES else poll.ballot_count


def count_voters(poll: Poll, counts: Sequence[int]) -> int:
    """Return how many people cast ``counts``, the votes of the poll's options; no query.

    A read without a lock can see options that are newer than their poll. So ``ballot_count`` is
    clamped to what the counts allow: no option has more voters than the poll. People whose options
    the host has removed have voted as well.
    """
    total = count_votes(poll, counts)
    if poll.removed_option_count:
        least = total if poll.kind == PollKind.SINGLE else max(counts, default=0)
        return max(poll.ballot_count, least)
    if poll.kind == PollKind.SINGLE:
        return total
    return min(max(poll.ballot_count, *counts, 0), total)


@dataclass(frozen=True, slots=True, kw_only=True)
class OptionTally(Wire):
    """The result of an option.

    ``percentage`` is its share of all votes. ``voter_count`` is how many people chose, rated or
    ranked it, ``voter_share`` their share of all voters; ``percentage_of_voters`` is an older name
    of the same. The numbers are null while the results are hidden. ``limit`` is how many people can
    have it; null if any number can.
    """

    id: Id
    text: str
    vote_count: int | None
    percentage: float | None
    percentage_of_voters: float | None
    voter_count: int | None
    voter_share: float | None
    limit: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Tally(Wire):
    """``total_votes`` counts choices, ``total_voters`` people; both null while hidden.

    In a poll without options, both count people.

    ``question_edited_at`` and ``original_question`` are null unless the question was edited
    after voting began. ``tally`` is what the kind of the poll shows besides the counts of options:
    null for ``single``, ``multiple`` and ``questions``, and while hidden.
    """

    id: Id
    question: str
    question_edited_at: datetime | None
    original_question: str | None
    total_votes: int | None
    total_voters: int | None
    options: tuple[OptionTally, ...]
    # Told apart by `kind`. Not declared as a discriminator, which AsyncAPI refuses in this form.
    tally: KindTally | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PollResults(Tally):
    """The results of a poll. Of two, the one with the higher ``version`` is newer."""

    version: int | None


def count_tally(
    poll: Poll, options: Iterable[Option], kind_tally: KindTally | None = None
) -> Tally:
    """Return the tally of a poll and its options; no query.

    ``kind_tally`` is the view of its cells, for kinds that have them: ``polls.cells``.
    """
    options = list(options)
    counts = [option.vote_count for option in options]
    voters = count_voters(poll, counts)
    shares = zip(percentages(counts), percentages_of_voters(counts, voters), strict=True)
    return Tally(
        id=poll.id,
        question=poll.question,
        question_edited_at=question_edited_at(poll),
        original_question=original_question(poll),
        total_votes=count_votes(poll, counts),
        total_voters=voters,
        options=tuple(
            OptionTally(
                id=option.id,
                text=option.text,
                vote_count=option.vote_count,
                percentage=of_votes,
                percentage_of_voters=of_voters,
                voter_count=option.vote_count,
                voter_share=of_voters,
                limit=option.limit,
            )
            for option, (of_votes, of_voters) in zip(options, shares, strict=True)
        ),
        tally=kind_tally,
    )


def version_of(poll: Poll, tally: Tally) -> int:
    """Return the version under which the tally of a poll is shown.

    Closing an instant runoff raises the version by one, for the rounds. Until they are counted, the
    tally is that of the version before.
    """
    lacks_rounds = isinstance(tally.tally, RankingTally) and tally.tally.lacks_rounds
    if lacks_rounds and poll.state == PollState.CLOSED:
        return max(poll.version - 1, 0)
    return poll.version


def results_of(tally: Tally, version: int) -> PollResults:
    """Return the tally with its version."""
    return PollResults(
        id=tally.id,
        question=tally.question,
        question_edited_at=tally.question_edited_at,
        original_question=tally.original_question,
        total_votes=tally.total_votes,
        total_voters=tally.total_voters,
        options=tally.options,
        tally=tally.tally,
        version=version,
    )


def hidden_results(tally: Tally) -> PollResults:
    """Return results without counts, for those who may not see them."""
    return PollResults(
        id=tally.id,
        question=tally.question,
        question_edited_at=tally.question_edited_at,
        original_question=tally.original_question,
        total_votes=None,
        total_voters=None,
        options=tuple(
            OptionTally(
                id=option.id,
                text=option.text,
                vote_count=None,
                percentage=None,
                percentage_of_voters=None,
                voter_count=None,
                voter_share=None,
                limit=option.limit,
            )
            for option in tally.options
        ),
        version=None,
    )
