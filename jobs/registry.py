"""Types of jobs. Apps register a handler for each in their ``tasks.py``.

::

    @dataclass(frozen=True, slots=True, kw_only=True)
    class Recount(Wire):
        poll_id: Id

    @task("recount", payload=Recount, authorize=check_recount, example={"pollId": POLL_ID})
    def recount(run: Run, payload: Recount) -> Result:
        \"\"\"Recounts the votes of a poll.\"\"\"

A type can have several actions, each with a handler and a payload of its own, whose ``action``
clients send in the payload: apps register them as ``type.action``, such as
``data_processing.recount``. The row of a job has this name as its type.

The handler runs in a thread of a worker. What it returns is the result: None, a ``Wire``, a
dictionary of JSON values, or a :class:`~jobs.results.FileResult`. If it writes to the database,
it calls ``run.succeed(result)`` as the last step of its transaction instead, so that effect and
final state are committed together, and only if the job is still its own.
"""

import inspect
import random
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypedDict, TypeVar, Unpack
from uuid import UUID

from pydantic import ValidationError

from apikit.actors import Actor
from apikit.errors import ApiError, FieldError, ValidationFailedError
from apikit.registries import Registry
from apikit.wire import Wire, adapter_of
from jobs.errors import JobTypeDisabledError
from realtime.field_errors import explain

PAYLOAD = "payload"
ACTION = "action"

# Any: the running job, whose module imports this one, and its payload.
Handler = Callable[[Any, Any], Any]
Authorize = Callable[[Actor, Any], None]
ProjectOf = Callable[[Any], UUID | None]
AnyHandler = TypeVar("AnyHandler", bound=Handler)


def _allow(actor: Actor, payload: Any) -> None:
    """Allow everybody who may create jobs."""


def _no_project(payload: Any) -> UUID | None:
    return None


def _always() -> bool:
    return True


@dataclass(frozen=True, slots=True)
class RetryPolicy:
    """How often a job is tried, and the pauses between the attempts.

    Pauses double, up to ``max_pause_s``, and vary by half, so that jobs that failed together are
    not tried together again.
    """

    max_attempts: int = 5
    first_pause_s: float = 2.0
    max_pause_s: float = 300.0

    def pause_s(self, attempts: int) -> float:
        """Return the seconds to wait after so many attempts."""
        full_s = min(self.max_pause_s, self.first_pause_s * 2.0 ** (attempts - 1))
        return full_s * random.uniform(0.5, 1.0)  # noqa: S311 - no secret


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """A registered type of jobs.

    ``setting`` is the name of the setting that turns the type on, for the error if it is off.
    ``timeout_s`` bounds each attempt. ``max_running`` bounds how many jobs of the type run at a
    time in all workers together, for types that need much memory or CPU time. Types with
    ``is_internal`` are created by schedules only. With ``accepts_bare_fields``, clients may send
    the fields of the payload beside ``type``.

    ``project_of`` returns the project that jobs with a payload belong to, whether the client names
    it or not; None leaves it to the client. With ``is_result_guarded``, members of the project who
    could not create the job see it, but not its result.

    ``max_thread_share`` bounds the share of a worker's threads that jobs of this type use, for
    types that mostly wait for others; one may always run.
    """

    name: str  # "type" or "type.action"
    handler: Handler
    payload: type[Wire]
    authorize: Authorize = _allow
    # What ``authorize`` raises, for the OpenAPI document.
    refusals: tuple[type[ApiError], ...] = ()
    is_enabled: Callable[[], bool] = _always
    setting: str = ""
    retries: RetryPolicy = field(default_factory=RetryPolicy)
    timeout_s: float = 600.0
    max_running: Callable[[], int] | None = None
    is_internal: bool = False
    accepts_bare_fields: bool = False
    project_of: ProjectOf = _no_project
    is_result_guarded: bool = False
    max_thread_share: float = 1.0
    description: str = ""
    example: Mapping[str, Any] = field(default_factory=dict)

    @property
    def type(self) -> str:
        """The type that clients know."""
        return type_of(self.name)

    @property
    def action(self) -> str:
        """The value of ``payload.action``; empty for types without actions."""
        return action_of(self.name)

    def read_payload(self, body: Any) -> Any:
        """Validate a payload from outside or from a row; return the dataclass.

        :raises ValidationFailedError: naming the fields, as in ``payload.pollId``.
        """
        if not isinstance(body, Mapping):
            raise ValidationFailedError.of(PAYLOAD, "Must be an object.")
        if self.action:
            body = {key: value for key, value in body.items() if key != ACTION}
        try:
            payload = adapter_of(self.payload).validate_python(body)
        except ValidationError as error:
            raise ValidationFailedError(
                errors=[
                    FieldError(f"{PAYLOAD}.{each.field}" if each.field else PAYLOAD, each.message)
                    for each in explain(error, body)
                ]
            ) from error
        if _contains_nul(body):
            raise ValidationFailedError.of(PAYLOAD, "NUL characters are not allowed.")
        return payload

    def max_threads(self, threads: int) -> int:
        """Return how many of a worker's ``threads`` may run jobs of this type."""
        return max(1, int(self.max_thread_share * threads))

    def check_enabled(self) -> None:
        """Check that the site has this type of jobs turned on.

        :raises JobTypeDisabledError: if not.
        """
        if not self.is_enabled():
            message = f"{JobTypeDisabledError.message} {self.setting} turns it on."
            raise JobTypeDisabledError(message if self.setting else None)


def _contains_nul(value: Any) -> bool:
    """Return whether there is a NUL in any text, which PostgreSQL cannot store."""
    if isinstance(value, str):
        return "\0" in value
    if isinstance(value, Mapping):
        return any(map(_contains_nul, value.keys())) or any(map(_contains_nul, value.values()))
    return isinstance(value, list) and any(map(_contains_nul, value))


TASKS: Registry[str, Task] = Registry("job type")


def type_of(name: str) -> str:
    """Return the type that clients know, of the name in a job's row."""
    return name.partition(".")[0]


def action_of(name: str) -> str:
    """Return the action in the name of a job's row; empty without one."""
    return name.partition(".")[2]


def find_task(type_: str, payload: Any) -> Task:
    """Return the task for a job that a client wants, if clients may create such jobs.

    :raises ValidationFailedError: if there is none.
    """
    public = [task for task in TASKS.values() if not task.is_internal]
    tasks = {task.action: task for task in public if task.type == type_}
    if not tasks:
        types = ", ".join(dict.fromkeys(task.type for task in public))
        raise ValidationFailedError.of("type", f"Must be one of: {types}.")
    if "" in tasks:
        return tasks[""]
    action = payload.get(ACTION) if isinstance(payload, Mapping) else None
    if not isinstance(action, str) or action not in tasks:
        raise ValidationFailedError.of(
            f"{PAYLOAD}.{ACTION}", f"Must be one of: {', '.join(tasks)}."
        )
    return tasks[action]


class TaskOptions(TypedDict, total=False):
    """What a type can have beside its name, handler and payload: the fields of :class:`Task`."""

    authorize: Authorize
    is_enabled: Callable[[], bool]
    setting: str
    retries: RetryPolicy
    timeout_s: float
    max_running: Callable[[], int] | None
    max_thread_share: float
    is_internal: bool
    accepts_bare_fields: bool
    project_of: ProjectOf
    is_result_guarded: bool
    example: Mapping[str, Any]


def task(
    type_: str,
    *,
    payload: type[Wire],
    refusals: Iterable[type[ApiError]] = (),
    **options: Unpack[TaskOptions],
) -> Callable[[AnyHandler], AnyHandler]:
    """Register a function ``(run, payload) -> result`` for a type of jobs.

    ``authorize(actor, payload)`` raises an ``ApiError`` if the actor may not do this. It is called
    before the job is enqueued, and again when it runs, because rights change meanwhile. These
    errors are ``refusals``, for the OpenAPI document.
    ``is_enabled`` tells whether the site has the type turned on. The function's docstring and
    ``example``, a payload, are for the OpenAPI document. The rest is as in :class:`Task`.
    """

    def register(handler: AnyHandler) -> AnyHandler:
        entry = Task(
            name=type_,
            handler=handler,
            payload=payload,
            refusals=tuple(refusals),
            description=inspect.getdoc(handler) or "",
            **options,
        )
        TASKS.register(type_, entry)
        return handler

    return register
