"""Jobs about polls: running a program over the results of one, and importing polls."""

from dataclasses import asdict, dataclass
from typing import Annotated, Any
from uuid import UUID

from django.conf import settings
from pydantic import AfterValidator, Field, WithJsonSchema

from apikit.actors import Actor
from apikit.errors import ServerUnavailableError
from apikit.wire import Id, Wire, to_wire
from jobs.errors import ProgramsUnavailableError, StoppedError
from jobs.registry import RetryPolicy, task
from jobs.run import Run
from polls import deletion_job  # noqa: F401 - registers its job
from polls.errors import PollNotFoundError, ResultsHiddenError
from polls.importing import tasks as importing  # noqa: F401 - registers a task
from polls.results import get_results_for, get_tallied_poll_for
from sandbox.errors import ProgramStoppedError, SandboxFailedError, SandboxUnavailableError
from sandbox.limits import CODE_MAX_BYTES
from sandbox.outcomes import Outcome
from sandbox.runner import run_program

JAVASCRIPT = "javascript"
HELLO = "console.log('Hello World')"

# Includes the wait for other programs of the same worker.
TIMEOUT_S = 120.0


def _check_code(code: str) -> str:
    if len(code.encode()) > CODE_MAX_BYTES:
        raise ValueError(f"at most {CODE_MAX_BYTES:,} bytes long in UTF-8")
    return code


def _check_language(language: str) -> str:
    if language != JAVASCRIPT:
        raise ValueError(f'"{JAVASCRIPT}"; other languages, such as Python, are not supported')
    return language


@dataclass(frozen=True, slots=True, kw_only=True)
class CodeExecution(Wire):
    """A program to run. With `pollId`, the results of the poll are available to it as `input`."""

    code: Annotated[
        str,
        Field(min_length=1, description=f"At most {CODE_MAX_BYTES:,} bytes in UTF-8."),
        AfterValidator(_check_code),
    ]
    language: Annotated[
        str,
        AfterValidator(_check_language),
        WithJsonSchema({"type": "string", "enum": [JAVASCRIPT]}),
    ]
    poll_id: Annotated[Id | None, Field(description="A poll whose results you may see.")] = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ProgramErrorView(Wire):
    """Why a program did not reach its end. `line` and `column` count from 1; null if unknown."""

    name: str
    message: str
    line: int | None
    column: int | None
    stack: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CodeExecutionResult(Wire):
    """What a program printed, the value of its last expression, and how long it ran."""

    stdout: str
    stderr: str
    value: Any
    error: ProgramErrorView | None
    duration_ms: float


def _is_enabled() -> bool:
    return settings.FEATURE_CODE_EXECUTION


def check_may_run(actor: Actor, payload: CodeExecution) -> None:
    """Check that the actor may see the results that the program gets.

    :raises PollNotFoundError, ResultsHiddenError: if not.
    """
    if payload.poll_id is not None:
        get_tallied_poll_for(actor, payload.poll_id)


@task(
    "code_execution",
    payload=CodeExecution,
    authorize=check_may_run,
    refusals=[PollNotFoundError, ResultsHiddenError],
    is_enabled=_is_enabled,
    setting="FEATURE_CODE_EXECUTION",
    retries=RetryPolicy(max_attempts=3),
    timeout_s=TIMEOUT_S,
    accepts_bare_fields=True,
    example={"code": HELLO, "language": JAVASCRIPT},
)
def execute_code(run: Run, payload: CodeExecution) -> CodeExecutionResult:
    """Runs a JavaScript program in a sandbox, if the site has turned this on.

    The result has `stdout`, `stderr`, the `value` of the last expression, `durationMs`, and
    `error`: a job whose program throws or exceeds a limit succeeds, and says so there. With
    `pollId`, the results of the poll are available as `input`, as `GET /polls/{id}/results` shows
    them to you.
    """
    input_value = _read_input(run.actor, payload.poll_id)
    run.report(10, "Running the program")
    try:
        outcome = run_program(
            payload.code, input_value=input_value, should_stop=lambda: run.is_stopped
        )
    except ProgramStoppedError:
        raise StoppedError from None
    except SandboxUnavailableError as error:
        raise ProgramsUnavailableError(f"{ProgramsUnavailableError.message} {error}") from error
    except SandboxFailedError as error:
        raise ServerUnavailableError from error
    return _view(outcome)


def _read_input(actor: Actor | None, poll_id: UUID | None) -> dict[str, Any] | None:
    if actor is None or poll_id is None:
        return None
    return to_wire(get_results_for(actor, poll_id))


def _view(outcome: Outcome) -> CodeExecutionResult:
    return CodeExecutionResult(
        stdout=outcome.stdout,
        stderr=outcome.stderr,
        value=outcome.value,
        error=ProgramErrorView(**asdict(outcome.error)) if outcome.error else None,
        duration_ms=round(outcome.duration_s * 1000, 1),
    )
