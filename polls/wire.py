"""Wire format of polls."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from apikit.pagination import Pagination
from apikit.wire import Id, Wire
from polls.lifecycle import state_at
from polls.models import Option, ParticipantOptions, Poll, PollKind, PollState, ResultsVisibility
from polls.picture_wire import PictureView, view_picture
from polls.tally import PollResults, count_voters, count_votes
from polls.wording import original_question, question_edited_at


@dataclass(frozen=True, slots=True, kw_only=True)
class CreatorView(Wire):
    id: Id
    name: str


QuestionState = Literal["shown", "answered"]


@dataclass(frozen=True, slots=True, kw_only=True)
class OptionHead(Wire):
    """An option without its votes.

    ``limit`` is how many people can have it; null if any number can. ``added_at`` is null unless a
    participant added it. ``state``, ``is_pinned`` and ``answered_at`` are those of ``questions``,
    and null in other kinds.
    """

    id: Id
    text: str
    poll_id: Id
    limit: int | None
    picture: PictureView | None
    added_at: datetime | None
    state: QuestionState | None
    is_pinned: bool | None
    answered_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class OptionView(OptionHead):
    """An option; ``vote_count`` is null while the results are hidden from you."""

    vote_count: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class PollHead(Wire):
    """A poll without its counts.

    ``question_edited_at`` and ``original_question`` are null unless the question was edited
    after voting began. ``settings`` are those of the kind. ``picture`` is that of a hotspot.
    ``participant_options`` is whether participants can add options to a choice. ``opens_at`` and
    ``closes_at`` are null if no time is set.
    """

    id: Id
    question: str
    question_edited_at: datetime | None
    original_question: str | None
    kind: PollKind
    is_published: bool
    state: PollState
    join_code: str
    max_choices: int
    settings: dict[str, Any]
    participant_options: ParticipantOptions
    picture: PictureView | None
    allow_change: bool
    results_visibility: ResultsVisibility
    opens_at: datetime | None
    closes_at: datetime | None
    created_at: datetime
    updated_at: datetime
    options: tuple[OptionHead, ...]
    creator: CreatorView


@dataclass(frozen=True, slots=True, kw_only=True)
class PollView(PollHead):
    """A poll with its counts.

    The totals, ``vote_count`` and ``version`` are null while the results are hidden from you.
    ``version`` rises with every change of the results. ``embed_origins`` lists the sites that can
    embed the poll; it is public, because the headers of the frame contain it as well.
    ``workspace_id`` is where the members of its team find it; null for others.
    """

    version: int | None
    total_votes: int | None
    total_voters: int | None
    options: tuple[OptionView, ...]
    embed_origins: tuple[str, ...]
    workspace_id: Id | None


def view_poll(
    poll: Poll, *, shows_results: bool, now: datetime, shows_workspace: bool = False
) -> PollView:
    """Return ``poll`` as ``PollView``; its options and creator must be loaded."""
    options = list(poll.options.all())
    counts = [option.vote_count for option in options]
    return PollView(
        **_head_fields(poll, now),
        options=tuple(view_option(poll, option, shows_results=shows_results) for option in options),
        version=poll.version if shows_results else None,
        total_votes=count_votes(poll, counts) if shows_results else None,
        total_voters=count_voters(poll, counts) if shows_results else None,
        embed_origins=tuple(poll.embed_origins),
        workspace_id=poll.workspace_id if shows_workspace else None,
    )


def head_poll(poll: Poll, now: datetime) -> PollHead:
    """Return ``poll`` as ``PollHead``; its options and creator must be loaded."""
    return PollHead(
        **_head_fields(poll, now),
        options=tuple(OptionHead(**_option_fields(poll, option)) for option in poll.options.all()),
    )


def view_option(poll: Poll, option: Option, *, shows_results: bool) -> OptionView:
    """Return an option of ``poll``."""
    vote_count = option.vote_count if shows_results else None
    return OptionView(**_option_fields(poll, option), vote_count=vote_count)


def _option_fields(poll: Poll, option: Option) -> dict[str, Any]:
    is_question = poll.kind == PollKind.QUESTIONS
    return {
        "id": option.id,
        "text": option.text,
        "poll_id": poll.id,
        "limit": option.limit,
        "picture": view_picture(option.picture, option.picture_alt, option.text),
        "added_at": option.added_at,
        "state": ("answered" if option.answered_at else "shown") if is_question else None,
        "is_pinned": option.is_pinned if is_question else None,
        "answered_at": option.answered_at,
    }


def _head_fields(poll: Poll, now: datetime) -> dict[str, Any]:
    return {
        "id": poll.id,
        "question": poll.question,
        "question_edited_at": question_edited_at(poll),
        "original_question": original_question(poll),
        "kind": PollKind(poll.kind),
        "is_published": poll.is_published,
        "state": state_at(poll, now),
        "join_code": poll.join_code,
        "max_choices": poll.max_choices,
        "settings": poll.settings,
        "participant_options": ParticipantOptions(poll.participant_options),
        "picture": view_picture(poll.picture, poll.picture_alt, poll.question),
        "allow_change": poll.allow_change,
        "results_visibility": ResultsVisibility(poll.results_visibility),
        "opens_at": poll.opens_at,
        "closes_at": poll.closes_at,
        "created_at": poll.created_at,
        "updated_at": poll.updated_at,
        "creator": CreatorView(id=poll.creator_id, name=poll.creator.name),
    }


# Response bodies


@dataclass(frozen=True, slots=True, kw_only=True)
class OnePoll(Wire):
    poll: PollView


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangedPoll(Wire):
    message: str
    poll: PollView


@dataclass(frozen=True, slots=True, kw_only=True)
class OneResults(Wire):
    poll: PollResults


@dataclass(frozen=True, slots=True, kw_only=True)
class PollList(Wire):
    polls: list[PollView]
    pagination: Pagination
