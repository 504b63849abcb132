"""Jobs about accounts: erasing a person's data."""

from dataclasses import dataclass
from typing import Annotated
from uuid import UUID

from django.db import transaction
from pydantic import Field

from accounts.erasing import (
    check_may_erase,
    check_password_to_erase,
    empty_user,
    erase_rest,
    references_to_users,
)
from accounts.errors import SignInAgainError, UserNotFoundError
from accounts.hooks import erase_writings
from accounts.models import User
from apikit.actors import Actor
from apikit.errors import ForbiddenError
from apikit.wire import Id, Wire
from jobs.models import Job
from jobs.registry import RetryPolicy, task
from jobs.run import Run
from jobs.services import enqueue
from jobs.states import disown

TYPE, ACTION = "data_processing", "erase_person"
TIMEOUT_S = 4 * 3600.0


@dataclass(frozen=True, slots=True, kw_only=True)
class ErasePersonPayload(Wire):
    """Whose data to erase."""

    user_id: Annotated[
        Id | None, Field(description="Staff may name somebody else; by default, you.")
    ] = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ErasedPerson(Wire):
    """Whose data was erased."""

    user_id: Id


def check_may_run(actor: Actor, payload: ErasePersonPayload) -> None:
    """Check that the actor may erase the person."""
    check_may_erase(actor, payload.user_id or actor.account_id())


@task(
    f"{TYPE}.{ACTION}",
    payload=ErasePersonPayload,
    authorize=check_may_run,
    refusals=[SignInAgainError, ForbiddenError, UserNotFoundError],
    retries=RetryPolicy(max_attempts=20),
    timeout_s=TIMEOUT_S,
    example={},
)
def erase_person(run: Run, payload: ErasePersonPayload) -> None:
    """Erases everything about you, or as staff about somebody else; votes stay counted.

    Erasing yourself needs a sign-in of the last 15 minutes. It can be cancelled until the job
    begins. From then on, nobody can sign in to the account, and the job belongs to the site. Polls
    of projects get another creator; others are deleted with their votes.
    """
    user_id = _begin(run, payload)
    steps = len(list(erase_writings)) + len(references_to_users()) + 1
    for number, step in enumerate(erase_rest(user_id, run.check)):
        run.report(100 * number / steps, f"Erasing {step}")
    # Again, for rows written during the first pass, such as the stored response to the request.
    for _ in erase_rest(user_id, run.check):
        run.check()
    run.succeed(ErasedPerson(user_id=user_id))


def _begin(run: Run, payload: ErasePersonPayload) -> UUID:
    """Empty the row of the person, and take their own job from them, so that it outlives them."""
    user_id = payload.user_id or run.job.owner_id
    if user_id is None:
        # An earlier attempt has begun.
        user_id = UUID(run.job.payload["userId"])
    with transaction.atomic():
        if run.job.owner_id == user_id:
            disown(run.id, run.worker, {"userId": str(user_id)})
        empty_user(user_id)
    return user_id


def request_erasure(*, actor: Actor, current_password: str) -> Job:
    """Create the job that erases the actor, after checking the password.

    :raises WrongCurrentPasswordError, TooManyRequestsError: see ``check_password_to_erase``.
    :raises ApiError: what ``check_may_erase`` and ``jobs.services.enqueue`` raise.
    """
    check_password_to_erase(actor, current_password)
    # Without the sign-in, whose age does not matter now.
    checked = Actor(actor.id, is_staff=actor.is_staff)
    return enqueue(actor=checked, type_=TYPE, payload={"action": ACTION})


def request_erasure_of(*, actor: Actor, user: User) -> Job:
    """Create the job that erases somebody else, for staff.

    :raises ApiError: what ``check_may_erase`` and ``jobs.services.enqueue`` raise.
    """
    return enqueue(actor=actor, type_=TYPE, payload={"action": ACTION, "userId": str(user.id)})
