"""What hosts send and see of suggestions, texts and words, and what participants see of theirs."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Literal

from pydantic import Field

from apikit.pagination import Pagination
from apikit.wire import Id, Wire
from polls.host_models import OPTION_MAX_CHARS, Suggestion, Verdict
from polls.kinds.open_text import MAX_CHARS
from polls.kinds.word_cloud import KEY_MAX_CHARS
from polls.wire import OptionView

HostAction = Literal[
    "approve", "refuse", "pin", "unpin", "answer", "reopen", "remove", "restore", "merge"
]
Subject = Literal["suggestion", "option", "text", "word"]


@dataclass(frozen=True, slots=True, kw_only=True)
class HostChoice(Wire):
    """A decision as it is sent: an action, and one of what it is about.

    ``approve`` and ``refuse`` a suggestion; ``pin``, ``unpin``, ``answer``, ``reopen``, ``remove``
    and ``restore`` an option; ``approve``, ``remove`` and ``restore`` a text; ``merge`` a word
    ``into`` another one, ``remove`` and ``restore`` it. ``restore`` undoes a decision.
    """

    action: HostAction
    suggestion_id: Id | None = None
    option_id: Id | None = None
    text: Annotated[str, Field(max_length=MAX_CHARS)] | None = None
    word: Annotated[str, Field(max_length=KEY_MAX_CHARS)] | None = None
    into: Annotated[str, Field(max_length=KEY_MAX_CHARS)] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SuggestedOption(Wire):
    """The text of an option that a participant wants to add."""

    text: Annotated[str, Field(max_length=4 * OPTION_MAX_CHARS)]


@dataclass(frozen=True, slots=True, kw_only=True)
class SuggestionView(Wire):
    """An option that waits for a host. Nobody sees who suggested it."""

    id: Id
    text: str
    state: Literal["pending"] = "pending"
    created_at: datetime

    @classmethod
    def of(cls, suggestion: Suggestion) -> "SuggestionView":
        return cls(id=suggestion.id, text=suggestion.text, created_at=suggestion.created_at)


@dataclass(frozen=True, slots=True, kw_only=True)
class AddedOption(Wire):
    """The new option if it is ``shown``, or the suggestion if it is ``pending``; else null."""

    state: Literal["shown", "pending"]
    option: OptionView | None = None
    suggestion: SuggestionView | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnSuggestions(Wire):
    """Your suggestions that no host has decided about, oldest first."""

    suggestions: Sequence[SuggestionView]


@dataclass(frozen=True, slots=True, kw_only=True)
class Pending(Wire):
    """How many texts and suggestions wait for a host; 1,000 means that many or more."""

    texts: int
    suggestions: int


@dataclass(frozen=True, slots=True, kw_only=True)
class RemovedOption(Wire):
    """An option that a host has removed; its votes are not counted any more."""

    id: Id
    text: str
    removed_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class DecidedWord(Wire):
    """A word that is removed, or merged into the word ``into``; keys are folded words."""

    key: str
    verdict: Verdict
    into_key: str | None
    into: str | None
    decided_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class HostView(Wire):
    """What the hosts of a poll have decided and what waits for them.

    ``suggestions`` are at most 200, oldest first; ``removed_options`` and ``words`` at most 200,
    newest first.
    """

    poll_id: Id
    pending: Pending
    suggestions: Sequence[SuggestionView]
    removed_options: Sequence[RemovedOption]
    words: Sequence[DecidedWord]


TextState = Literal["pending", "shown", "removed"]


@dataclass(frozen=True, slots=True, kw_only=True)
class SentText(Wire):
    """A text, how many people sent exactly it, and whether people see it."""

    text: str
    count: int
    state: TextState


@dataclass(frozen=True, slots=True, kw_only=True)
class SentTexts(Wire):
    texts: Sequence[SentText]
    pagination: Pagination


@dataclass(frozen=True, slots=True, kw_only=True)
class Decided(Wire):
    """``changed`` is false if the same was decided before."""

    message: str
    changed: bool
    pending: Pending
