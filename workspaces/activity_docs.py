"""Descriptions of the activity endpoints for the OpenAPI document."""

from functools import partial

from drf_spectacular.utils import OpenApiParameter

from apikit.errors import GuestRefusedError, InvalidCursorError
from apikit.pagination import ONE_PAGE
from apikit.schema import Files, operation
from workspaces import activity_wire as wire
from workspaces import examples
from workspaces.activity_serializers import ActivityFilterSerializer, ActivityQuerySerializer
from workspaces.errors import ActionNotAllowedError, ProjectNotFoundError

_FILE_NAME = OpenApiParameter(
    "Content-Disposition",
    str,
    OpenApiParameter.HEADER,
    response=[200],
    description="The name to save it under, made from the project's name (RFC 6266).",
)
_EXPORT = {
    "exportedAt": "2026-11-29T16:00:00Z",
    "project": {"id": examples.PROJECT_ID, "name": "Town hall"},
    "activities": [examples.ACTIVITY],
}
_read = partial(operation, tag="Activity")
_export = partial(
    _read,
    query=ActivityFilterSerializer,
    parameters=[_FILE_NAME],
    refusals=[GuestRefusedError, ProjectNotFoundError, ActionNotAllowedError],
)

list_activity = _read(
    "listActivity",
    "List the activity of a project",
    description="Newest first. Each change in a project is one activity, numbered by `seq` without "
    "gaps. Activities are never changed; they are removed after a time that the site sets, and "
    "with the project.",
    query=ActivityQuerySerializer,
    refusals=[GuestRefusedError, ProjectNotFoundError, InvalidCursorError],
    success={200: wire.ActivityList},
    example={"activities": [examples.ACTIVITY], "pagination": ONE_PAGE},
)
export_csv = _export(
    "exportActivityAsCsv",
    "Export the activity of a project as CSV",
    description="A line for each activity, oldest first, in UTF-8. Text that begins like a formula "
    "is escaped by a leading apostrophe. For owners and collaborators.",
    success={200: Files(("text/csv",), None)},
)
export_json = _export(
    "exportActivityAsJson",
    "Export the activity of a project as JSON",
    description="All activities, oldest first. For owners and collaborators.",
    success={200: wire.ActivityExport},
    example=_EXPORT,
)
