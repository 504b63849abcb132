"""What all kinds share: answers, cells, and the base class of kinds."""

from abc import ABC, abstractmethod
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, fields
from enum import StrEnum
from typing import Annotated, Any, ClassVar, NamedTuple
from uuid import UUID

from pydantic import Field, StrictInt

from apikit.errors import FieldError, ValidationFailedError
from apikit.wire import Id, Wire
from polls.kinds.decisions import WordDecisions

NO_DECISIONS = WordDecisions()
# The most entries of a view.
MAX_ENTRIES = 50
# Bounds a request; kinds have shorter limits, after normalizing.
SENT_TEXT_MAX_CHARS = 2000

Number = Annotated[float, Field(strict=True, allow_inf_nan=False)]


@dataclass(frozen=True, slots=True, kw_only=True)
class SentAnswer(Wire):
    """One answer of a ballot. Which fields it has depends on the kind of the poll."""

    option_id: Id | None = None
    rank: StrictInt | None = None
    score: StrictInt | None = None
    number: Number | None = None
    text: Annotated[str, Field(max_length=SENT_TEXT_MAX_CHARS)] | None = None
    x: Number | None = None
    y: Number | None = None

    def names(self) -> set[str]:
        """The fields that were sent."""
        return {each.name for each in fields(self) if getattr(self, each.name) is not None}


class Answer(NamedTuple):
    """An answer in canonical form; ``value`` is a text whose type the kind knows."""

    option_id: UUID | None = None
    value: str | None = None


# A ballot in canonical form: two ballots that mean the same are equal.
Answers = tuple[Answer, ...]


class Cell(NamedTuple):
    """A counter of a tally."""

    group: str
    key: str


Cells = Mapping[Cell, int]


class Order(StrEnum):
    """Which cells of a group a frame reads first."""

    LARGEST = "largest"
    NEWEST = "newest"


class Approval(StrEnum):
    """Which texts people see: those that the host has not removed, or only approved ones."""

    NOT_REMOVED = "not_removed"
    APPROVED = "approved"


@dataclass(frozen=True, slots=True)
class ShownGroup:
    """A group of cells that a frame reads; at most ``limit`` of them, and those of ``keys``.

    With an ``order`` there can be more, of which these are read. Without, the settings of the poll
    bound their number. With an ``approval``, the host decides which of them there are.
    """

    name: str
    limit: int
    order: Order | None = None
    keys: frozenset[str] = frozenset()
    approval: Approval | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings(Wire):
    """The settings of a kind without any."""


class BallotError(ValidationFailedError):
    """A ballot that does not fit the kind of the poll or its settings."""

    code = "vote.invalid_answers"
    message = "These answers do not fit this poll; see errors."

    @classmethod
    def at(cls, index: int, field: str, message: str) -> "BallotError":
        """Return the error of a field of the answer at ``index``."""
        return cls(errors=[FieldError(f"answers.{index}.{field}", message)])

    @classmethod
    def of_ballot(cls, message: str) -> "BallotError":
        """Return the error of the ballot as a whole."""
        return cls(errors=[FieldError("answers", message)])


@dataclass(frozen=True, slots=True)
class Kind(ABC):
    """A kind with the settings and options of one poll. All methods are pure."""

    name: ClassVar[str]
    settings_class: ClassVar[type[Settings]] = Settings
    min_options: ClassVar[int] = 2
    max_options: ClassVar[int] = 50
    # Whether options can have a limit of places, and the poll a picture.
    has_places: ClassVar[bool] = False
    has_picture: ClassVar[bool] = False
    # Whether the order of the answers is part of what the voter says.
    is_ordered: ClassVar[bool] = False

    settings: Any
    option_ids: tuple[UUID, ...]
    decisions: WordDecisions = NO_DECISIONS
    positions: Mapping[UUID, int] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        positions = {id_: position for position, id_ in enumerate(self.option_ids)}
        object.__setattr__(self, "positions", positions)

    @classmethod  # noqa: B027
    def check_settings(cls, settings: Any, option_count: int) -> None:
        """Check settings that depend on each other or on the options.

        :raises ValidationFailedError: naming the fields below ``settings``.
        """

    @abstractmethod
    def parse(self, sent: Sequence[SentAnswer]) -> Answers:
        """Return the canonical ballot.

        :raises BallotError: for answers that do not fit.
        """

    @abstractmethod
    def cells(self, answers: Answers) -> Counter[Cell]:
        """Return what a ballot adds to the tally; an empty ballot adds nothing."""

    def shown_groups(self) -> Sequence[ShownGroup]:
        """Return the groups that :meth:`view` needs while people vote."""
        return ()

    def view(self, cells: Cells) -> Wire | None:
        """Return what people see; None if the options with their counts are all there is."""
        return None

    def takes_place(self, answer: Answer) -> bool:
        """Return whether an answer takes a place of its option, if that has a limit."""
        return True

    def place_cell(self, option_id: UUID) -> Cell | None:
        """Return the cell that counts the places of an option; None if all its votes take one."""
        return None

    @abstractmethod
    def show(self, answers: Answers) -> tuple[SentAnswer, ...]:
        """Return a canonical ballot in the form in which it is sent."""

    def position_of(self, option_id: UUID | None) -> int:
        """Return the position of an option, which cells use as its name."""
        assert option_id is not None
        return self.positions[option_id]


def check_fields(
    sent: Sequence[SentAnswer], needed: set[str], optional: Collection[str] = ()
) -> None:
    """Check that each answer has the ``needed`` fields, and no others than the ``optional``.

    :raises BallotError: for an empty ballot, and for the first field that is wrong.
    """
    if not sent:
        raise BallotError.of_ballot("Send at least one answer.")
    for index, answer in enumerate(sent):
        names = answer.names()
        for name in sorted(needed - names):
            raise BallotError.at(index, _camel(name), "This field is required.")
        for name in sorted(names - needed - set(optional)):
            raise BallotError.at(index, _camel(name), "Answers of this poll have no such field.")


def check_options(sent: Sequence[SentAnswer], option_ids: Sequence[UUID]) -> None:
    """Check that each answer names another option of the poll.

    :raises BallotError: for an option of another poll, or one that was named twice.
    """
    known, seen = set(option_ids), set[UUID | None]()
    for index, answer in enumerate(sent):
        if answer.option_id not in known:
            message = "This option does not belong to this poll."
            raise BallotError.at(index, "optionId", message)
        if answer.option_id in seen:
            raise BallotError.at(index, "optionId", "This option was answered twice.")
        seen.add(answer.option_id)


def check_count(sent: Sequence[SentAnswer], most: int, noun: str) -> None:
    """Check the number of answers.

    :raises BallotError: for more than ``most`` answers.
    """
    if len(sent) > most:
        raise BallotError.of_ballot(f"At most {most} {noun} can be sent.")


def share(count: int, total: int) -> float:
    """Return ``count`` as a percentage of ``total``, rounded half up to one decimal; 0.0 of 0."""
    return (count * 2000 + total) // (total * 2) / 10 if total > 0 else 0.0


def of_group(cells: Cells, group: str) -> dict[str, int]:
    """Return the positive cells of a group by key."""
    return {key: count for (name, key), count in cells.items() if name == group and count > 0}


def _camel(name: str) -> str:
    head, *rest = name.split("_")
    return head + "".join(part.capitalize() for part in rest)
