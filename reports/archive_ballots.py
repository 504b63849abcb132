"""Ballots in archives: which answers a line has, and what a line says."""

from collections.abc import Mapping, Sequence
from dataclasses import fields
from uuid import UUID

from apikit.errors import ValidationFailedError
from apikit.text import has_control_characters
from polls.kinds.base import Answer, Answers, Cell, Cells, Kind, SentAnswer
from polls.kinds.numeric import MAX_BUCKETS
from reports.archive_format import ArchivedAnswer, BallotLine
from votes.anonymous_ballots import AnonymousBallot

# An archive has no ids, so its options have their positions as ids while it is checked.
Positions = Mapping[UUID, int]
GroupedCells = Mapping[str, Mapping[str, int]]
_VALUES = tuple(each.name for each in fields(ArchivedAnswer) if each.name != "option")


def placeholder_ids(count: int) -> tuple[UUID, ...]:
    """Return ids that are the positions of options."""
    return tuple(UUID(int=position) for position in range(count))


def fits(kind: Kind, answers: Answers) -> bool:
    """Whether an import will take this ballot.

    Not if it was cast after the poll was read, and the poll had been changed until then.
    """
    try:
        return kind.parse(kind.show(answers)) == answers
    except (ValidationFailedError, ValueError):
        return False


def positions_by_id(kind: Kind) -> Positions:
    """Return the positions of the options of a poll."""
    return {option_id: position for position, option_id in enumerate(kind.option_ids)}


def archived_answers(kind: Kind, answers: Answers, positions: Positions) -> list[ArchivedAnswer]:
    """Return the answers of a ballot as a line has them."""
    return [_archived(each, positions) for each in kind.show(answers)]


def ballot_line(
    kind: Kind, voter: int, ballot: AnonymousBallot, positions: Positions
) -> BallotLine:
    """Return the line of a ballot that :func:`fits`."""
    names_options_only = all(each.value is None for each in ballot.answers)
    return BallotLine(
        type="ballot",
        voter=voter,
        choices=tuple(positions[each] for each in ballot.option_ids) if names_options_only else (),
        answers=()
        if names_options_only
        else tuple(archived_answers(kind, ballot.answers, positions)),
        cast_at=ballot.cast_at,
        changed_at=ballot.changed_at,
    )


def sent_answers(line: BallotLine, option_count: int) -> tuple[SentAnswer, ...]:
    """Return the answers of a line as they are sent, with placeholders for the options.

    :raises ValueError: for positions that there are not.
    """
    if bool(line.choices) == bool(line.answers):
        raise ValueError("choices: Must have either choices or answers.")
    if line.choices:
        if max(line.choices) >= option_count:
            raise ValueError(f"choices: There are only {option_count} options.")
        return tuple(SentAnswer(option_id=UUID(int=each)) for each in line.choices)
    for index, each in enumerate(line.answers):
        if each.option is not None and each.option >= option_count:
            raise ValueError(f"answers.{index}.option: There are only {option_count} options.")
    return tuple(
        SentAnswer(
            option_id=None if each.option is None else UUID(int=each.option),
            **{name: getattr(each, name) for name in _VALUES},
        )
        for each in line.answers
    )


def grouped_cells(cells: Cells) -> dict[str, dict[str, int]]:
    """Return the cells of a sample as a line has them."""
    grouped: dict[str, dict[str, int]] = {}
    for cell, count in cells.items():
        grouped.setdefault(cell.group, {})[cell.key] = count
    return grouped


def ungrouped_cells(grouped: GroupedCells) -> Cells:
    """Return the opposite of :func:`grouped_cells`."""
    return {Cell(group, key): each[key] for group, each in grouped.items() for key in each}


def check_cells(kind: Kind, grouped: GroupedCells) -> None:
    """Check that the cells of a sample are those that people see in a poll of this kind.

    :raises ValueError: if they are not.
    """
    # Of words and texts, samples also have those that hosts have decided about.
    limits = {
        each.name: each.limit if each.order is None else MAX_BUCKETS for each in kind.shown_groups()
    }
    for group, counts in grouped.items():
        if len(counts) > limits.get(group, 0):
            raise ValueError(f"cells.{group}: The poll shows at most {limits.get(group, 0)}.")
        if any(has_control_characters(key, allowed="\n") for key in counts):
            raise ValueError(f"cells.{group}: Control characters are not allowed.")
    try:
        kind.view(ungrouped_cells(grouped))
    except (ValueError, LookupError, ArithmeticError) as error:
        raise ValueError("cells: They do not fit each other, or the poll.") from error


def _archived(sent: SentAnswer, positions: Positions) -> ArchivedAnswer:
    return ArchivedAnswer(
        option=None if sent.option_id is None else positions[sent.option_id],
        **{name: getattr(sent, name) for name in _VALUES},
    )


def with_options(answers: Answers, option_ids: Sequence[UUID]) -> Answers:
    """Return the answers with ids of options in place of placeholders."""
    return tuple(
        each if each.option_id is None else Answer(option_ids[each.option_id.int], each.value)
        for each in answers
    )
