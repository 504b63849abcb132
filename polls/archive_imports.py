"""Imports polls from archives; nobody sees a partial import.

The contents of a poll are written before its row, in many short transactions. Until then nothing
finds them. A :class:`PollRemoval` whose time is in the future reserves the poll's id: if the import
does not finish by then, what it has written is removed like the contents of a deleted poll.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import IntegrityError, transaction
from django.utils import timezone

from apikit.actors import Actor
from apikit.errors import ServerUnavailableError
from apikit.ids import new_id
from polls.host_models import HostDecision, Suggestion
from polls.join_codes import free_join_code
from polls.models import (
    Option,
    ParticipantOptions,
    Poll,
    PollKind,
    PollRemoval,
    PollState,
    ResultsVisibility,
)
from polls.pictures import lock_standing
from polls.saving import JOIN_CODE_TRIES
from polls.wording import EarlierQuestion, store_earlier_questions
from workspaces.activity import Target, record
from workspaces.models import Workspace

# Longer than an import may take.
RESERVED_FOR = timedelta(hours=3)


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportedPoll:
    """The row of a poll to be imported; its values have passed the rules for polls.

    ``tallied_at`` is None if nobody has voted.
    """

    id: UUID
    question: str
    kind: PollKind
    max_choices: int
    settings: Mapping[str, Any]
    participant_options: ParticipantOptions
    allow_change: bool
    results_visibility: ResultsVisibility
    state: PollState
    opens_at: datetime | None
    closes_at: datetime | None
    opened_at: datetime | None
    closed_at: datetime | None
    embed_origins: Sequence[str]
    earlier_questions: Sequence[EarlierQuestion]
    version: int
    ballot_count: int
    tallied_at: datetime | None
    sample_count: int
    removed_option_count: int
    suggestion_count: int
    # None for all but hotspots.
    picture_id: UUID | None
    picture_alt: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportedOption:
    """An option of a poll to be imported; ``vote_count`` is what will be written."""

    text: str
    vote_count: int
    limit: int | None = None
    added_at: datetime | None = None
    is_pinned: bool = False
    answered_at: datetime | None = None
    removed_at: datetime | None = None
    picture_id: UUID | None = None
    picture_alt: str = ""


def reserve_poll(options: Sequence[ImportedOption]) -> tuple[UUID, list[UUID]]:
    """Write the options of a new poll; return its id and theirs.

    Without pictures that a moderator has removed since they were stored.
    """
    poll_id = new_id()
    used = {each.picture_id for each in options if each.picture_id is not None}
    with transaction.atomic():
        standing = lock_standing(used)
        PollRemoval.objects.create(poll_id=poll_id, deleted_at=timezone.now() + RESERVED_FOR)
        rows = Option.objects.bulk_create(
            Option(poll_id=poll_id, position=position, **_columns(option, standing))
            for position, option in enumerate(options)
        )
    return poll_id, [row.id for row in rows]


def _columns(option: ImportedOption, standing: Collection[UUID]) -> dict[str, Any]:
    columns = asdict(option)
    if option.picture_id not in standing:
        columns["picture_id"] = None
    return columns


def write_suggestions(poll_id: UUID, suggestions: Sequence[Suggestion]) -> None:
    """Write suggestions into a reserved poll; they wait for its hosts.

    :raises ServerUnavailableError: if the reservation has expired.
    """
    with transaction.atomic():
        lock_reservations([poll_id])
        Suggestion.objects.bulk_create(suggestions)


def write_decisions(poll_id: UUID, decisions: Sequence[HostDecision]) -> None:
    """Write decisions of hosts into a reserved poll; of two about the same, the first stays.

    :raises ServerUnavailableError: if the reservation has expired.
    """
    with transaction.atomic():
        lock_reservations([poll_id])
        HostDecision.objects.bulk_create(decisions, ignore_conflicts=True)


def lock_reservations(poll_ids: Collection[UUID]) -> None:
    """Lock reservations until the end of the transaction, so that nothing removes the contents.

    :raises ServerUnavailableError: if one has expired.
    """
    reserved = PollRemoval.objects.filter(poll_id__in=poll_ids, deleted_at__gt=timezone.now())
    if len(reserved.select_for_update().order_by("poll_id")) != len(poll_ids):
        raise ServerUnavailableError


def abandon(poll_ids: Collection[UUID]) -> None:
    """Let the contents of reserved polls be removed now, in the background."""
    PollRemoval.objects.filter(poll_id__in=poll_ids).update(deleted_at=timezone.now())


def publish_imported(*, actor: Actor, workspace: Workspace, polls: Sequence[ImportedPoll]) -> None:
    """Add imported polls to a new workspace, whose project is locked.

    The activity of the project counts them, instead of one activity for each.

    :raises ServerUnavailableError: if a reservation has expired.
    """
    ids = [poll.id for poll in polls]
    lock_reservations(ids)
    PollRemoval.objects.filter(poll_id__in=ids).delete()
    _insert(actor.account_id(), workspace, polls)
    after = {
        "pollCount": len(polls),
        "ballotCount": sum(poll.ballot_count for poll in polls),
    }
    target = Target("workspace", workspace.id, workspace.name, workspace.id)
    record(workspace.project_id, "workspace.imported", target, actor=actor, after=after)


def _insert(creator_id: UUID, workspace: Workspace, polls: Sequence[ImportedPoll]) -> None:
    """Insert the rows, each with a free join code; tries again if another poll takes one."""
    now = timezone.now()
    standing = lock_standing({each.picture_id for each in polls if each.picture_id is not None})
    for tries_left in reversed(range(JOIN_CODE_TRIES)):
        rows = [_row(creator_id, workspace, poll, now, standing) for poll in polls]
        _assign_join_codes(rows)
        try:
            with transaction.atomic():
                Poll.objects.bulk_create(rows, batch_size=200)
            return
        except IntegrityError:
            if not tries_left:
                raise


def _assign_join_codes(polls: Sequence[Poll]) -> None:
    taken: set[str] = set()
    for poll in polls:
        while not poll.join_code or poll.join_code in taken:
            poll.join_code = free_join_code()
        taken.add(poll.join_code)


def _row(
    creator_id: UUID,
    workspace: Workspace,
    poll: ImportedPoll,
    now: datetime,
    pictures: Collection[UUID],
) -> Poll:
    return Poll(
        id=poll.id,
        creator_id=creator_id,
        project_id=workspace.project_id,
        workspace=workspace,
        question=poll.question,
        kind=poll.kind,
        max_choices=poll.max_choices,
        settings=dict(poll.settings),
        participant_options=poll.participant_options,
        allow_change=poll.allow_change,
        results_visibility=poll.results_visibility,
        state=poll.state,
        opens_at=poll.opens_at,
        closes_at=poll.closes_at,
        opened_at=poll.opened_at,
        closed_at=poll.closed_at,
        embed_origins=list(poll.embed_origins),
        earlier_questions=store_earlier_questions(poll.earlier_questions),
        version=poll.version,
        ballot_count=poll.ballot_count,
        tallied_at=poll.tallied_at,
        sample_count=poll.sample_count,
        removed_option_count=poll.removed_option_count,
        # While it is 0, pages do not look for suggestions.
        host_revision=poll.suggestion_count,
        picture_id=poll.picture_id if poll.picture_id in pictures else None,
        picture_alt=poll.picture_alt,
        created_at=now,
        updated_at=now,
    )
