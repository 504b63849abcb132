"""The bodies of requests: the event, its time, and data that depends on the event."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from apikit.wire import Id, Wire, to_wire
from chat.models import RoomKind
from chat.wire import MessageView
from polls.tally import PollResults
from polls.wire import PollHead
from workspaces.permissions import Role
from workspaces.wire import NamedPerson


@dataclass(frozen=True, slots=True, kw_only=True)
class PollData(Wire):
    """A poll. ``project_id`` and ``workspace_id`` are null for personal ones.

    ``revision`` rises with every change of the poll.
    """

    project_id: Id | None
    workspace_id: Id | None
    revision: int
    poll: PollHead


@dataclass(frozen=True, slots=True, kw_only=True)
class ClosedPollData(PollData):
    """A closed poll with its results, which are final unless it is reopened."""

    results: PollResults


@dataclass(frozen=True, slots=True, kw_only=True)
class DeletedPollData(Wire):
    """A poll that was deleted."""

    poll_id: Id
    question: str
    project_id: Id | None
    workspace_id: Id | None


@dataclass(frozen=True, slots=True, kw_only=True)
class TallyData(Wire):
    """The results of a poll. ``results.version`` rises with every change of them."""

    project_id: Id | None
    workspace_id: Id | None
    results: PollResults


@dataclass(frozen=True, slots=True, kw_only=True)
class RoomData(Wire):
    """The room of a poll or of the project."""

    id: Id
    kind: RoomKind
    poll_id: Id | None
    project_id: Id | None


@dataclass(frozen=True, slots=True, kw_only=True)
class MessageData(Wire):
    """A message; ``room.kind`` says whose room it is in."""

    room: RoomData
    message: MessageView


@dataclass(frozen=True, slots=True, kw_only=True)
class MemberData(Wire):
    """A member of the project; ``actor`` is null if nobody did it.

    ``role`` is null for those who left, ``previous_role`` for those who came.
    """

    project_id: Id
    member: NamedPerson
    role: Role | None
    previous_role: Role | None
    actor: NamedPerson | None


@dataclass(frozen=True, slots=True, kw_only=True)
class WebhookTestData(Wire):
    """A test of a webhook."""

    webhook_id: Id
    name: str


Data = (
    PollData
    | ClosedPollData
    | DeletedPollData
    | TallyData
    | MessageData
    | MemberData
    | WebhookTestData
)


def payload_of(event: str, moment: datetime, data: Data) -> dict[str, Any]:
    """Return the body of a request as JSON values, in the form of the Standard Webhooks."""
    timestamp = moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")
    return {"type": event, "timestamp": timestamp, "data": to_wire(data)}
