"""What a new poll is made of, and its rules."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from polls.embedding import settle_embed_origins
from polls.kind_settings import check_min_choices, check_settings
from polls.kinds.registry import KINDS
from polls.models import Option, ParticipantOptions, Poll, PollKind, ResultsVisibility
from polls.pictures import PictureUse
from polls.rules import (
    check_closes_later,
    check_limits,
    check_opens_late_enough,
    check_options,
    check_participant_options,
    check_poll_picture,
    check_question,
    check_times,
    settle_max_choices,
)
from workspaces.models import Workspace
from workspaces.settings import PollDefaults, read_settings


@dataclass(frozen=True, slots=True)
class NewOption:
    """An option of a poll to create."""

    text: str
    limit: int | None = None
    picture_id: UUID | None = None
    picture_alt: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class NewPoll:
    """A poll to create. What is None has the default of its workspace.

    ``settings`` are those of the kind, by their names on the wire.
    """

    question: str
    options: Sequence[NewOption]
    kind: PollKind | None = None
    max_choices: int | None = None
    settings: Mapping[str, Any] = field(default_factory=dict)
    participant_options: ParticipantOptions = ParticipantOptions.NONE
    allow_change: bool | None = None
    results_visibility: ResultsVisibility | None = None
    opens_at: datetime | None = None
    closes_at: datetime | None = None
    embed_origins: Sequence[str] = ()
    picture_id: UUID | None = None
    picture_alt: str = ""
    is_published: bool = False

    def picture_uses(self) -> list[PictureUse]:
        """Return the pictures of the poll and its options, and the fields that name them."""
        uses = [] if self.picture_id is None else [("pictureId", self.picture_id)]
        return uses + option_pictures(self.options)


def build_poll(new: NewPoll, creator_id: UUID, workspace: Workspace | None, now: datetime) -> Poll:
    """Return a poll that is not saved yet, after :func:`check_new_poll`.

    :raises ValidationFailedError: for fields that do not fit each other.
    """
    defaults = _defaults_of(workspace)
    kind = new.kind or _default_kind(new, defaults)
    check_options([option.text for option in new.options], kind)
    check_limits(kind, [option.limit for option in new.options])
    check_poll_picture(kind, new.picture_id)
    check_participant_options(kind, new.participant_options)
    max_choices = settle_max_choices(
        kind, new.max_choices, len(new.options), new.participant_options
    )
    settings = check_settings(kind, new.settings, len(new.options))
    check_min_choices(settings, max_choices)
    visibility = new.results_visibility or defaults.results_visibility or ResultsVisibility.ALWAYS
    return Poll(
        creator_id=creator_id,
        project_id=None if workspace is None else workspace.project_id,
        workspace=workspace,
        question=new.question,
        kind=kind,
        max_choices=max_choices,
        settings=settings,
        participant_options=new.participant_options,
        allow_change=_allows_change(kind, new, defaults),
        results_visibility=visibility,
        opens_at=new.opens_at,
        closes_at=new.closes_at,
        embed_origins=settle_embed_origins(new.embed_origins),
        picture_id=new.picture_id,
        picture_alt=new.picture_alt,
        created_at=now,
        updated_at=now,
    )


def _allows_change(kind: PollKind, new: NewPoll, defaults: PollDefaults) -> bool:
    if new.allow_change is not None:
        return new.allow_change
    # Questions come one after another, and so do the votes for them.
    return bool(defaults.allow_change) or kind == PollKind.QUESTIONS


def check_new_poll(new: NewPoll, now: datetime) -> None:
    """Check what can be checked without knowing the workspace.

    :raises ValidationFailedError: for invalid fields.
    """
    check_question(new.question)
    check_opens_late_enough(new.opens_at)
    check_times(new.opens_at, new.closes_at)
    check_closes_later(new.closes_at, now)


def build_options(poll: Poll, options: Sequence[NewOption]) -> list[Option]:
    """Return the options of a new poll, not saved yet."""
    return [
        Option(
            poll=poll,
            text=option.text,
            position=position,
            limit=option.limit,
            picture_id=option.picture_id,
            picture_alt=option.picture_alt,
        )
        for position, option in enumerate(options)
    ]


def option_pictures(options: Sequence[NewOption]) -> list[PictureUse]:
    """Return the pictures of options, and the fields that name them."""
    return [
        (f"options.{index}.pictureId", option.picture_id)
        for index, option in enumerate(options)
        if option.picture_id is not None
    ]


def _default_kind(new: NewPoll, defaults: PollDefaults) -> PollKind:
    """Return the kind of a request that names none: the workspace's, if the options fit it.

    Clients from before a workspace had a default kind go on working.
    """
    if defaults.kind is None:
        return PollKind.SINGLE
    kind = KINDS[defaults.kind]
    fits = kind.min_options <= len(new.options) <= kind.max_options
    # Each date needs a slot.
    fits = fits and (kind.name != PollKind.DATES or bool(new.settings))
    return PollKind(defaults.kind) if fits else PollKind.SINGLE


def _defaults_of(workspace: Workspace | None) -> PollDefaults:
    return PollDefaults() if workspace is None else read_settings(workspace.settings).poll_defaults
