"""Exports of activity as files, oldest first, written while they are read from the database."""

import json
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from uuid import UUID

from django.utils import timezone

from apikit.actors import Actor
from apikit.csv_cells import BYTE_ORDER_MARK, Value, csv_lines
from apikit.downloads import StreamedDownload, file_stem
from apikit.export_turns import export_turn
from apikit.wire import encode, encode_wire, to_wire
from realtime.database import in_database
from workspaces.activity_log import ActivityFilter, activities_of, show_activity
from workspaces.activity_wire import ProjectReference
from workspaces.models import Project
from workspaces.permissions import Action
from workspaces.selectors import get_standing
from workspaces.wire import ActivityView

# Rows in memory for each export.
CHUNK_ROWS = 500


class ActivityFormat(StrEnum):
    CSV = "csv"
    JSON = "json"


MEDIA_TYPES = {
    ActivityFormat.CSV: "text/csv; charset=utf-8",
    ActivityFormat.JSON: "application/json",
}
_LABELS = (
    "Number",
    "Time (UTC)",
    "Person",
    "Person id",
    "Activity",
    "Kind",
    "Name",
    "Id",
    "Workspace id",
    "Before",
    "After",
)


def export_activity_for(
    actor: Actor, project_id: UUID, narrow: ActivityFilter, export_format: ActivityFormat
) -> StreamedDownload:
    """Return the activities of a project that match, up to the newest one now.

    A slow reader holds a chunk of rows in memory, and neither a thread nor a connection.

    :raises AuthenticationRequiredError, GuestRefusedError: for visitors and guests.
    :raises ProjectNotFoundError, ActionNotAllowedError: if ``actor`` may not export.
    """
    project = get_standing(actor, project_id, Action.EXPORT_ACTIVITY).project
    chunks = _Chunks(project, narrow, str(actor.id))
    write = _write_csv if export_format == ActivityFormat.CSV else _write_json
    # The suffix keeps the name from being one that Windows reserves, such as CON.
    stem = file_stem(project.name, fallback="project")
    return StreamedDownload(
        f"{stem}-activity.{export_format}", MEDIA_TYPES[export_format], write(chunks)
    )


@dataclass(frozen=True, slots=True)
class _Chunks:
    """The activities of an export, some at a time."""

    project: Project
    narrow: ActivityFilter
    client: str

    async def __aiter__(self) -> AsyncIterator[Sequence[ActivityView]]:
        after = self.narrow.after or 0
        while rows := await self._read(after):
            yield rows
            after = rows[-1].seq

    async def _read(self, after: int) -> Sequence[ActivityView]:
        async with export_turn(self.client):
            return await in_database(self._read_after, after)

    def _read_after(self, after: int) -> Sequence[ActivityView]:
        found = replace(self.narrow, after=after).apply(activities_of(self.project.id))
        rows = found.filter(seq__lte=self.project.last_seq).order_by("seq")[:CHUNK_ROWS]
        return [show_activity(row) for row in rows]


async def _write_csv(chunks: _Chunks) -> AsyncIterator[bytes]:
    yield f"{BYTE_ORDER_MARK}{csv_lines([_LABELS])}".encode()
    async for rows in chunks:
        yield csv_lines(map(_csv_row, rows)).encode()


async def _write_json(chunks: _Chunks) -> AsyncIterator[bytes]:
    project = ProjectReference(id=chunks.project.id, name=chunks.project.name)
    opening = {"exportedAt": timezone.now(), "project": to_wire(project)}
    yield f'{encode(opening)[:-1]},"activities":['.encode()
    separator = b""
    async for rows in chunks:
        yield separator + b",".join(encode_wire(row) for row in rows)
        separator = b","
    yield b"]}"


def _csv_row(activity: ActivityView) -> Sequence[Value]:
    actor = activity.actor
    return [
        activity.seq,
        activity.created_at,
        None if actor is None else actor.name,
        _text(actor.id if actor else None),
        activity.verb,
        activity.target.kind,
        activity.target.name,
        _text(activity.target.id),
        _text(activity.workspace_id),
        _json(activity.before),
        _json(activity.after),
    ]


def _text(value: UUID | None) -> str | None:
    return None if value is None else str(value)


def _json(fields: dict[str, object] | None) -> str | None:
    return None if fields is None else json.dumps(fields, ensure_ascii=False)
