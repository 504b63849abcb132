"""The older endpoint of live projects, at ``/ws`` and at the root."""

from uuid import UUID

from realtime import Hub, endpoint
from realtime.connection import Connection
from workspaces.errors import ProjectNotFoundError
from workspaces.live_frames import PROJECT_PROTOCOL
from workspaces.live_joining import JOIN_REFUSALS, join

# Of a UUID as text, with dashes.
_ID_CHARS = 36


@endpoint("/ws", PROJECT_PROTOCOL, query=["projectId"], also_at="/", refusals=JOIN_REFUSALS)
async def open_project_endpoint(hub: Hub, connection: Connection, project_id: str) -> None:
    """An older endpoint for one project: `/ws?projectId=`, and the same at the root of the site.

    It joins the project at once. Send `{"type": "file_changed", "payload": {}}`, or another name of
    the allowed form in snake_case; without a `ref`, only errors are answered. If the project does
    not exist or you are not a member, an error follows, then a close with 4504.
    """
    try:
        parsed = UUID(project_id) if len(project_id) == _ID_CHARS else None
    except ValueError:
        parsed = None
    if parsed is None:
        raise ProjectNotFoundError
    await join(hub, connection, parsed)
