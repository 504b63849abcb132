"""The job that deletes a poll, and shows the progress until its votes are gone."""

from dataclasses import dataclass
from time import sleep
from typing import Annotated

from pydantic import Field

from apikit.actors import Actor
from apikit.wire import Id, Wire
from jobs.registry import task
from jobs.run import Run
from polls.errors import PollNotFoundError
from polls.examples import POLL_ID
from polls.models import Poll, PollRemoval
from polls.selectors import get_managed_poll_for
from polls.services import delete_poll
from workspaces.errors import ActionNotAllowedError

LOOK_INTERVAL_S = 0.5
TIMEOUT_S = 4 * 3600.0


@dataclass(frozen=True, slots=True, kw_only=True)
class DeletePollPayload(Wire):
    """Which poll to delete."""

    poll_id: Annotated[Id, Field(description="A poll that you manage.")]


@dataclass(frozen=True, slots=True, kw_only=True)
class DeletedPoll(Wire):
    """The poll, and how many votes were in it."""

    poll_id: Id
    vote_count: int


def check_may_delete(actor: Actor, payload: DeletePollPayload) -> None:
    """Check that the actor manages the poll, or has deleted it in an earlier attempt.

    :raises PollNotFoundError, ActionNotAllowedError: if not.
    """
    own = PollRemoval.objects.filter(poll_id=payload.poll_id, deleted_by_id=actor.account_id())
    if not own.exists():
        get_managed_poll_for(actor, payload.poll_id)


@task(
    "data_processing.delete_poll",
    payload=DeletePollPayload,
    authorize=check_may_delete,
    refusals=[PollNotFoundError, ActionNotAllowedError],
    timeout_s=TIMEOUT_S,
    example={"pollId": POLL_ID},
)
def delete_with_progress(run: Run, payload: DeletePollPayload) -> DeletedPoll:
    """Deletes a poll that you manage, and shows the progress until its votes are gone.

    The poll disappears when the job begins, as with `DELETE /polls/{id}`; cancelling the job before
    that keeps it. After that, cancelling only ends the progress. The result has `voteCount`.
    """
    assert run.actor is not None
    # Not in an attempt after one that was interrupted.
    if Poll.objects.filter(id=payload.poll_id).exists():
        delete_poll(actor=run.actor, poll_id=payload.poll_id)
    # Servers remove the votes. Helping them here would take more of the database from voters.
    while True:
        removal = PollRemoval.objects.filter(poll_id=payload.poll_id).first()
        if removal is None:
            # Finished so long ago that the progress is gone, too.
            return DeletedPoll(poll_id=payload.poll_id, vote_count=0)
        if removal.finished_at is not None:
            return DeletedPoll(poll_id=payload.poll_id, vote_count=removal.vote_count)
        counts = f"{removal.removed_count:,} of {removal.vote_count:,} votes removed"
        run.report(removal.percent, counts)
        sleep(LOOK_INTERVAL_S)
