"""Descriptions of the job endpoints for the OpenAPI document."""

from functools import partial
from typing import Any

from drf_spectacular.extensions import OpenApiSerializerExtension
from drf_spectacular.openapi import AutoSchema
from drf_spectacular.plumbing import ResolvedComponent
from pydantic.alias_generators import to_camel

from apikit.descriptions import as_markdown, describe
from apikit.errors import ForbiddenError, GuestRefusedError, InvalidCursorError
from apikit.pagination import ONE_PAGE
from apikit.schema import Files, operation
from apikit.wire import Done, adapter_of
from jobs import errors, serializers, wire
from jobs.examples import DETAILS, JOB, PAYLOAD
from jobs.hooks import PROJECT_REFUSALS
from jobs.registry import ACTION, TASKS, Task

Json = dict[str, Any]

ANY_FILE = "application/octet-stream"


class JobCreateExtension(OpenApiSerializerExtension):
    """Describes the body as one of the registered types, each with its payload."""

    target_class = serializers.JobCreateSerializer
    # Before that of all strict serializers.
    priority = 1

    def map_serializer(self, auto_schema: AutoSchema, direction: str) -> Json:
        tasks = [task for task in TASKS.values() if not task.is_internal]
        names = {
            type_: _add_type(auto_schema, [task for task in tasks if task.type == type_])
            for type_ in dict.fromkeys(task.type for task in tasks)
        }
        return {
            "oneOf": [{"$ref": reference} for reference in names.values()],
            "discriminator": {"propertyName": "type", "mapping": names},
        }


def _add_component(auto_schema: AutoSchema, name: str, schema: Json) -> str:
    component = ResolvedComponent(
        name=name, type=ResolvedComponent.SCHEMA, object=name, schema=schema
    )
    auto_schema.registry.register_on_missing(component)
    return f"#/components/schemas/{name}"


def _title(name: str) -> str:
    camel = to_camel(name)
    return camel[:1].upper() + camel[1:]


def _add_type(auto_schema: AutoSchema, tasks: list[Task]) -> str:
    """Add the components of a type with all of its actions, and return the reference to it."""
    first = tasks[0]
    payloads = {task.action: _add_payload(auto_schema, task) for task in tasks}
    payload = f"{_title(first.type)}Payload"
    if first.action:
        schema = {
            "oneOf": [{"$ref": reference} for reference in payloads.values()],
            "discriminator": {"propertyName": ACTION, "mapping": payloads},
        }
        reference = _add_component(auto_schema, payload, schema)
    else:
        reference = payloads[""]
    description = "\n\n".join(map(_describe, tasks))
    return _add_component(
        auto_schema, f"{_title(first.type)}Job", _job_schema(first.type, description, reference)
    )


def _add_payload(auto_schema: AutoSchema, task: Task) -> str:
    """Add the component of a payload, and return the reference to it."""
    payload = describe(adapter_of(task.payload), mode="validation")
    for name, part in payload.parts.items():
        _add_component(auto_schema, name, part)
    schema = payload.schema
    if task.action:
        action = {ACTION: {"type": "string", "enum": [task.action]}}
        properties, required = schema.get("properties", {}), schema.get("required", [])
        schema |= {"properties": action | properties, "required": [ACTION, *required]}
    # A component, since client generators cannot have it inside of a discriminated one.
    return _add_component(auto_schema, f"{_title(task.type)}{_title(task.action)}Payload", schema)


def _describe(task: Task) -> str:
    description = as_markdown(task.description)
    if task.action:
        description = f"`{task.action}`: {description}"
    if task.accepts_bare_fields:
        description += " The fields of `payload` may also be sent beside `type`, without `payload`."
    return description


def _job_schema(type_: str, description: str, payload: str) -> Json:
    return {
        "type": "object",
        "description": description,
        "properties": {
            "type": {"type": "string", "enum": [type_]},
            "payload": {"$ref": payload},
            "projectId": {"type": ["string", "null"], "format": "uuid"},
        },
        "required": ["type", "payload"],
        "additionalProperties": False,
    }


_FAILURES = ", ".join(f"`{error.code}`" for error in errors.JOB_ERRORS)
_job = partial(operation, tag="Jobs")
_change = partial(_job, is_write=True)
_OF_A_JOB = [errors.JobNotFoundError, GuestRefusedError]
# For members of the job's project.
_NOT_ALLOWED = [each for each in PROJECT_REFUSALS.values() if issubclass(each, ForbiddenError)]

list_jobs = _job(
    "listJobs",
    "List jobs",
    description="Your own jobs, or with `projectId` those of a project, newest first.",
    query=serializers.JobQuerySerializer,
    refusals=[InvalidCursorError, GuestRefusedError, *PROJECT_REFUSALS.values()],
    success={200: wire.JobList},
    example={"jobs": [JOB], "pagination": ONE_PAGE},
)
create_job = _change(
    "createJob",
    "Create a job",
    description="Enqueues work in the background. Watch it with the socket event `job-update`, or "
    "read it again until its `state` is `succeeded`, `failed` or `cancelled`. A failed attempt is "
    "repeated after a while if that may help. With `projectId`, the members of the project see the "
    "job; jobs about a workspace belong to its project without it. Guests cannot create jobs.",
    body=serializers.JobCreateSerializer,
    body_example={"type": "data_processing", "payload": PAYLOAD},
    success={202: wire.ChangedJob},
    example={"message": "Job created successfully", "job": DETAILS},
    refusals=[
        GuestRefusedError,
        errors.TooManyJobsError,
        errors.JobTypeDisabledError,
        *PROJECT_REFUSALS.values(),
        *(refusal for task in TASKS.values() for refusal in task.refusals),
    ],
)
get_job = _job(
    "getJob",
    "Get a job",
    description="With its payload and its result. `error` is why the last attempt failed: an error "
    f"that a request for the same would get, or one of {_FAILURES}.",
    success={200: wire.OneJob},
    example={"job": DETAILS},
    refusals=_OF_A_JOB,
)
get_result = _job(
    "getJobResult",
    "Get the result of a job",
    description="The file that the job produced, or its result as JSON.",
    success={200: Files((ANY_FILE,), wire.JobResult)},
    example={"result": {"isCorrect": True}},
    refusals=[
        *_OF_A_JOB,
        errors.JobHasNoResultError,
        *(each for task in TASKS.values() if task.is_result_guarded for each in task.refusals),
    ],
)
cancel_job = _change(
    "cancelJob",
    "Cancel a job",
    description="A running job is stopped within a second and changes nothing. Cancelling a job "
    "again changes nothing.",
    success={200: wire.ChangedJob},
    example={"message": "Job cancelled successfully", "job": DETAILS | {"state": "cancelled"}},
    refusals=[*_OF_A_JOB, *_NOT_ALLOWED, errors.JobFinishedError],
)
retry_job = _change(
    "retryJob",
    "Retry a job",
    description="Runs a failed or cancelled job again, with as many attempts as a new one.",
    success={202: wire.ChangedJob},
    example={"message": "Job queued successfully", "job": DETAILS | {"state": "queued"}},
    refusals=[
        *_OF_A_JOB,
        *_NOT_ALLOWED,
        errors.JobNotRetryableError,
        errors.TooManyJobsError,
        errors.JobTypeDisabledError,
    ],
)
delete_job = _change(
    "deleteJob",
    "Delete a job",
    description="Deletes a finished job with its result. Finished jobs are also deleted after a "
    "week by default.",
    success={200: Done},
    example={"message": "Job deleted successfully"},
    refusals=[*_OF_A_JOB, *_NOT_ALLOWED, errors.JobNotFinishedError],
)
