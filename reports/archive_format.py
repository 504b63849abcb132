"""The format of archives of workspaces.

An archive is a ZIP with two files in UTF-8, and pictures. ``manifest.json`` has the version of the
format, the workspace, and what is in the other file. ``content.jsonl`` has one JSON object per
line: for each poll, oldest first, a line of type ``poll``, one ``ballot`` per person, one
``sample`` per stored point of the timeline, one ``decision`` for each text or word about which a
host has decided, one ``suggestion`` for each option that waits for a host, and ``end`` with the
counts, by which an import checks that nothing is missing.

Lines name a picture by the SHA-256 of its file, ``pictures/<SHA-256>.webp``. Each file is used.

A ballot has ``choices``, the positions of options from 0, or ``answers`` as in the API, with
``option`` for a position in place of an id.

Voters are numbers that begin with 1 in each poll, so nobody can be followed from poll to poll.

Version 1 had single and multiple choice without settings, version 2 neither pictures, suggestions
nor removed options. Archives that need no more are still written as the older version, which older
sites can import.
"""

from dataclasses import dataclass, field
from datetime import datetime
from functools import cache
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, AwareDatetime, Discriminator, Field, TypeAdapter

from apikit.wire import Wire, adapter_of
from polls.embedding import MAX_EMBED_ORIGINS, ORIGIN_MAX_CHARS
from polls.host_models import DecisionGroup, Verdict
from polls.kinds.base import SENT_TEXT_MAX_CHARS
from polls.kinds.base import Number as AnyNumber
from polls.kinds.numeric import MAX_BUCKETS
from polls.kinds.open_text import MAX_CHARS
from polls.models import (
    MAX_OPTIONS,
    OPTION_MAX_CHARS,
    PICTURE_ALT_MAX_CHARS,
    QUESTION_MAX_CHARS,
    QUESTION_MIN_CHARS,
    ParticipantOptions,
    PollKind,
    PollState,
    ResultsVisibility,
)
from polls.option_decisions import MAX_REMOVED
from polls.rules import EARLIEST
from polls.suggestions import MAX_WAITING
from polls.wording import MAX_EARLIER_QUESTIONS
from workspaces.models import NAME_MAX_CHARS

MEDIA_TYPE = "application/zip"
FORMAT: Literal["tallyroom-workspace"] = "tallyroom-workspace"
Version = Literal[1, 2, 3]
MANIFEST, CONTENT, PICTURES = "manifest.json", "content.jsonl", "pictures"

# Bounds of an import. A line of a poll has at most 250 options of 200 characters, 50 of them with
# an alternative text of 300, and 20 earlier questions of 500, each of up to 12 bytes when escaped;
# a sample at most 50 texts of 500.
LINE_MAX_BYTES = 1024 * 1024
TOTAL_MAX_BYTES = 1024 * 1024 * 1024
MAX_POLLS = 2_000
MAX_BALLOTS = 1_000_000
# More than a year of voting leaves.
MAX_SAMPLES = 10_000
# Different ones; each has at most MAX_STORED_BYTES.
MAX_PICTURES = 2_000
# With those that hosts have removed.
MAX_ALL_OPTIONS = MAX_OPTIONS + MAX_REMOVED
# Integers that JSON numbers and the columns hold exactly.
MAX_NUMBER = 2**53 - 1


def _check_moment(moment: datetime) -> datetime:
    if not EARLIEST.year <= moment.year < 9999:
        raise ValueError(f"a time from {EARLIEST.year} to 9998")
    return moment


Moment = Annotated[AwareDatetime, AfterValidator(_check_moment)]
Question = Annotated[str, Field(min_length=QUESTION_MIN_CHARS, max_length=QUESTION_MAX_CHARS)]
OptionText = Annotated[str, Field(min_length=1, max_length=OPTION_MAX_CHARS)]
Origin = Annotated[str, Field(max_length=ORIGIN_MAX_CHARS)]
Number = Annotated[int, Field(ge=0, le=MAX_NUMBER)]
Position = Annotated[int, Field(ge=0, lt=MAX_ALL_OPTIONS)]
Counts = Annotated[tuple[Number, ...], Field(max_length=MAX_ALL_OPTIONS)]
# The SHA-256 of the file.
PictureName = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
AltText = Annotated[str, Field(max_length=PICTURE_ALT_MAX_CHARS)]
DecidedText = Annotated[str, Field(min_length=1, max_length=MAX_CHARS)]
# Groups of cells, and the keys in each, which the kind of the poll checks.
CellGroup = Annotated[
    dict[Annotated[str, Field(max_length=MAX_CHARS)], Annotated[int, Field(ge=1, le=MAX_NUMBER)]],
    Field(max_length=MAX_BUCKETS),
]
Cells = Annotated[dict[str, CellGroup], Field(max_length=4)]


@dataclass(frozen=True, slots=True, kw_only=True)
class ArchivedWorkspace(Wire):
    """The workspace; ``settings`` are those of the API."""

    name: Annotated[str, Field(max_length=NAME_MAX_CHARS)]
    settings: dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Manifest(Wire):
    """The content of ``manifest.json``."""

    format: Literal["tallyroom-workspace"]
    version: Version
    exported_at: Moment
    workspace: ArchivedWorkspace
    poll_count: Annotated[int, Field(ge=0, le=MAX_POLLS)]
    ballot_count: Annotated[int, Field(ge=0, le=MAX_BALLOTS)]


@dataclass(frozen=True, slots=True, kw_only=True)
class ArchivedQuestion(Wire):
    """A question that people voted on before it was edited."""

    question: Question
    replaced_at: Moment


@dataclass(frozen=True, slots=True, kw_only=True)
class ArchivedOption(Wire):
    """What an option has besides its text, see ``polls.models.Option``."""

    limit: Number | None = None
    added_at: Moment | None = None
    is_pinned: bool = False
    answered_at: Moment | None = None
    removed_at: Moment | None = None
    picture: PictureName | None = None
    picture_alt: AltText = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class PollLine(Wire):
    """A poll. ``tallied_at`` is when its tally last changed, null without votes.

    ``options`` include those that hosts have removed. ``option_details`` are empty, or one for each
    of the options. ``picture`` is that of a hotspot.
    """

    type: Literal["poll"]
    question: Question
    kind: PollKind
    max_choices: Annotated[int, Field(ge=1, le=MAX_OPTIONS)]
    allow_change: bool
    results_visibility: ResultsVisibility
    state: PollState
    opens_at: Moment | None
    closes_at: Moment | None
    opened_at: Moment | None
    closed_at: Moment | None
    embed_origins: Annotated[tuple[Origin, ...], Field(max_length=MAX_EMBED_ORIGINS)]
    earlier_questions: Annotated[
        tuple[ArchivedQuestion, ...], Field(max_length=MAX_EARLIER_QUESTIONS)
    ]
    version: Number
    tallied_at: Moment | None
    options: Annotated[tuple[OptionText, ...], Field(max_length=MAX_ALL_OPTIONS)]
    settings: dict[str, Any] = field(default_factory=dict)
    participant_options: ParticipantOptions = ParticipantOptions.NONE
    option_details: Annotated[tuple[ArchivedOption, ...], Field(max_length=MAX_ALL_OPTIONS)] = ()
    picture: PictureName | None = None
    picture_alt: AltText = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ArchivedAnswer(Wire):
    """An answer as it is sent, with the position of its option from 0."""

    option: Position | None = None
    score: int | None = None
    number: AnyNumber | None = None
    text: Annotated[str, Field(max_length=SENT_TEXT_MAX_CHARS)] | None = None
    x: AnyNumber | None = None
    y: AnyNumber | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class BallotLine(Wire):
    """The ballot of a person: ``choices`` if the answers only name options, or ``answers``.

    ``choices`` are the positions of options, from 0; in a ranking, their order counts.
    """

    type: Literal["ballot"]
    voter: Annotated[int, Field(ge=1, le=MAX_BALLOTS)]
    choices: Annotated[tuple[Position, ...], Field(max_length=MAX_OPTIONS)] = ()
    answers: Annotated[tuple[ArchivedAnswer, ...], Field(max_length=MAX_OPTIONS)] = ()
    cast_at: Moment
    changed_at: Moment


@dataclass(frozen=True, slots=True, kw_only=True)
class SampleLine(Wire):
    """A tally at an earlier moment: the votes of each option, and the cells that people saw."""

    type: Literal["sample"]
    version: Number
    at: Moment
    ballot_count: Number
    counts: Counts
    cells: Cells = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class DecisionLine(Wire):
    """What a host has decided about a text or word, see ``polls.host_models.HostDecision``."""

    type: Literal["decision"]
    group: DecisionGroup
    key: DecidedText
    verdict: Verdict
    target: DecidedText | Literal[""] = ""
    target_text: DecidedText | Literal[""] = ""
    decided_at: Moment


@dataclass(frozen=True, slots=True, kw_only=True)
class SuggestionLine(Wire):
    """An option of a participant that waits for a host; nothing says whose it is."""

    type: Literal["suggestion"]
    text: OptionText
    suggested_at: Moment


@dataclass(frozen=True, slots=True, kw_only=True)
class EndLine(Wire):
    """The end of a poll, with what its ballots and samples add up to."""

    type: Literal["end"]
    ballot_count: Number
    counts: Counts
    sample_count: Annotated[int, Field(ge=0, le=MAX_SAMPLES)]
    decision_count: Number = 0
    suggestion_count: Annotated[int, Field(ge=0, le=MAX_WAITING)] = 0


Content = BallotLine | SampleLine | DecisionLine | SuggestionLine
Line = PollLine | Content | EndLine


@cache
def line_adapter() -> TypeAdapter[Line]:
    """Return the adapter that reads a line of ``content.jsonl``."""
    return TypeAdapter(Annotated[Line, Discriminator("type")])


def picture_file(name: str) -> str:
    """Return the name of the file of a picture in the ZIP."""
    return f"{PICTURES}/{name}.webp"


def encode_line(line: Line) -> bytes:
    """Return a line of ``content.jsonl``, without what has its default."""
    content = adapter_of(type(line)).dump_json(line, by_alias=True, exclude_defaults=True)
    return content + b"\n"
