"""Records changes of a team's polls in the activity of the project; votes are not recorded."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from apikit.actors import Actor
from apikit.wire import Id, Wire, to_wire
from polls.hooks import poll_recorded
from polls.models import Option, ParticipantOptions, Poll, PollKind, PollState, ResultsVisibility
from workspaces.activity import Target, changed_fields, record

Verb = Literal[
    "poll.created",
    "poll.edited",
    "poll.published",
    "poll.opened",
    "poll.closed",
    "poll.reopened",
    "poll.deleted",
    "poll.moved",
    "poll.hidden",
    "poll.restored",
    "poll.moderated",
]
Fields = Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class _PollFields(Wire):
    question: str
    options: tuple[str, ...]
    option_limits: tuple[int | None, ...]
    option_picture_ids: tuple[Id | None, ...]
    option_picture_alts: tuple[str, ...]
    kind: PollKind
    max_choices: int
    settings: dict[str, Any]
    picture_id: Id | None
    picture_alt: str
    participant_options: ParticipantOptions
    allow_change: bool
    results_visibility: ResultsVisibility
    state: PollState
    join_code: str
    opens_at: datetime | None
    closes_at: datetime | None
    embed_origins: tuple[str, ...]


def fields_of(poll: Poll, options: Sequence[Option] = ()) -> dict[str, Any]:
    """Return what changes of a poll, by its names on the wire; lists are in option order."""
    return to_wire(
        _PollFields(
            question=poll.question,
            options=tuple(option.text for option in options),
            option_limits=tuple(option.limit for option in options),
            option_picture_ids=tuple(option.picture_id for option in options),
            option_picture_alts=tuple(option.picture_alt for option in options),
            kind=PollKind(poll.kind),
            max_choices=poll.max_choices,
            settings=dict(poll.settings),
            picture_id=poll.picture_id,
            picture_alt=poll.picture_alt,
            participant_options=ParticipantOptions(poll.participant_options),
            allow_change=poll.allow_change,
            results_visibility=ResultsVisibility(poll.results_visibility),
            state=PollState(poll.state),
            join_code=poll.join_code,
            opens_at=poll.opens_at,
            closes_at=poll.closes_at,
            embed_origins=tuple(poll.embed_origins),
        )
    )


def record_poll(
    poll: Poll,
    verb: Verb,
    *,
    actor: Actor | None,
    before: Fields | None = None,
    after: Fields | None = None,
) -> None:
    """Record a change of a poll, last in its transaction, in the activity of its project if any.

    ``actor`` is None for what the clock did. Locks the project, so lock all polls before.
    """
    if verb != "poll.deleted":
        poll_recorded.run(poll, verb)
    if poll.project_id is None:
        return
    target = Target("poll", poll.id, poll.question, poll.workspace_id)
    record(poll.project_id, verb, target, actor=actor, before=before, after=after)


def record_changes(
    poll: Poll,
    verb: Verb,
    before: Fields,
    *,
    actor: Actor | None,
    options: Sequence[Option] = (),
) -> None:
    """Record the fields that differ from ``before``, those of :func:`fields_of`.

    An edit that changes nothing is not recorded.
    """
    old, new = changed_fields(before, fields_of(poll, options))
    if new or verb != "poll.edited":
        record_poll(poll, verb, actor=actor, before=old or None, after=new or None)
