"""Relays events of the members' own to the other members of a live project. Nothing is stored."""

import math
import re
from dataclasses import dataclass
from functools import partial
from typing import Any, ClassVar
from uuid import UUID
from weakref import WeakKeyDictionary

from django.utils import timezone
from pydantic import ConfigDict

from apikit.wire import Id, Wire, adapter_of, encode
from realtime import Hub, command, periodic
from realtime.commands import COMMANDS, FURTHER_COMMANDS, Command
from realtime.connection import Connection
from realtime.events import EVENTS
from workspaces.errors import (
    MemberEventTooLargeError,
    ProjectNotJoinedError,
    TooManyMemberEventsError,
)
from workspaces.live_frames import PROJECT_PROTOCOL
from workspaces.live_rates import FairRate, cost_of
from workspaces.live_subscriptions import joined_topics, subscriptions_of
from workspaces.live_wire import MemberEvent
from workspaces.topics import project_id_of, project_topic
from workspaces.wire import NamedPerson

PAYLOAD_MAX_BYTES = 8192
NAME_MAX_CHARS = 40
# At least two words, so that no other event or command of the product has such a name by accident.
_ALLOWED_NAME = re.compile(r"[a-z][a-z0-9]*(?:-[a-z0-9]+)+")
# Names that begin so are the product's, also those that it does not use yet.
RESERVED_WORDS = frozenset(
    {
        *("activity", "cast", "error", "job", "join", "leave", "member", "message", "new", "poll"),
        *("presence", "project", "reply", "room", "set", "user", "vote", "workspace"),
    }
)
FORGET_INTERVAL_S = 30.0


@dataclass(frozen=True, slots=True, kw_only=True)
class MemberEventCommand(Wire):
    """``payload`` is any JSON. ``project_id`` is needed if this socket has joined several."""

    payload: Any
    project_id: Id | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class OlderMemberEventCommand(Wire):
    """The same at the older endpoint, whose clients may send more fields, which are ignored."""

    __pydantic_config__: ClassVar[ConfigDict] = {**Wire.__pydantic_config__, "extra": "ignore"}

    payload: Any = None


# The budgets of the senders, by topic.
_rates: WeakKeyDictionary[Hub, dict[str, FairRate]] = WeakKeyDictionary()


@command(
    MemberEvent.name,
    refusals=[ProjectNotJoinedError, MemberEventTooLargeError, TooManyMemberEventsError],
    example={"payload": {"path": "agenda.md"}},
)
async def relay(hub: Hub, connection: Connection, body: MemberEventCommand) -> None:
    """Sends an event to the other members who have joined the project, and stores nothing.

    Any other name of this form is relayed in the same way, under that name: lower-case words with
    dashes between them, up to 40 characters, such as `cursor-moved`, unless the first word is one
    of the product's events and commands.
    """
    _relay(MemberEvent.name, hub, connection, body.payload, body.project_id)


async def relay_other(
    name: str, hub: Hub, connection: Connection, body: MemberEventCommand
) -> None:
    """Sends an event with another name than ``file-changed``."""
    _relay(name, hub, connection, body.payload, body.project_id)


async def relay_from_older_endpoint(
    name: str, hub: Hub, connection: Connection, body: OlderMemberEventCommand
) -> None:
    """Sends an event of a client of the older endpoint, whose socket has joined one project."""
    _relay(name, hub, connection, body.payload, None)


@FURTHER_COMMANDS.register
def find_member_event(connection: Connection, name: str) -> Command | None:
    """Return the command that relays an event; None if the name is not allowed.

    Also None if the socket has joined no project: then it is an unknown command like any other.
    """
    is_older = connection.protocol == PROJECT_PROTOCOL
    event_name = name.replace("_", "-") if is_older else name
    if not joined_topics(connection) or not is_allowed_name(event_name):
        return None
    return Command(
        name=MemberEvent.name,
        handler=partial(relay_from_older_endpoint if is_older else relay_other, event_name),
        body=adapter_of(OlderMemberEventCommand if is_older else MemberEventCommand),
        reply=None,
        is_quiet=is_older,
    )


def is_allowed_name(name: str) -> bool:
    """Return whether members may send events with this name."""
    if len(name) > NAME_MAX_CHARS or not _ALLOWED_NAME.fullmatch(name):
        return False
    if name == MemberEvent.name:
        return True
    is_taken = name in COMMANDS or name in EVENTS
    return not is_taken and name.partition("-")[0] not in RESERVED_WORDS


def _relay(
    name: str, hub: Hub, connection: Connection, payload: Any, project_id: UUID | None
) -> None:
    topic = _joined_topic(connection, project_id)
    size_bytes = len(encode([payload]).encode()) - 2
    if size_bytes > PAYLOAD_MAX_BYTES:
        raise MemberEventTooLargeError
    rate = _rates.setdefault(hub, {}).setdefault(topic, FairRate())
    wait_s = rate.take(connection.person, cost_of(size_bytes), hub.now_s())
    if wait_s:
        seconds = math.ceil(wait_s)
        # Sockets have no header for it.
        raise TooManyMemberEventsError(retry_after_s=seconds, extra={"retryAfterSeconds": seconds})
    event = MemberEvent(
        project_id=project_id_of(topic),
        payload=payload,
        user=_sender(hub, connection, topic),
        timestamp=timezone.now(),
        sent_as=name,
    )
    hub.publish(topic, event)


def _joined_topic(connection: Connection, project_id: UUID | None) -> str:
    """Return the topic of the project that the socket has joined and means.

    :raises ProjectNotJoinedError: if there is none, or several and it does not say which.
    """
    topics = joined_topics(connection)
    if project_id is not None:
        topics = [each for each in topics if each == project_topic(project_id)]
    if len(topics) != 1:
        raise ProjectNotJoinedError
    return topics[0]


def _sender(hub: Hub, connection: Connection, topic: str) -> NamedPerson:
    """Return the sender by their current name; by an earlier one if they are not shown."""
    entry = hub.presence.entry(topic, connection.person)
    name = subscriptions_of(connection)[topic].name if entry is None else entry.name
    return NamedPerson(id=connection.actor.account_id(), name=name)


@periodic(FORGET_INTERVAL_S)
async def forget_senders(hub: Hub) -> None:
    """Drops what no longer limits anybody."""
    rates = _rates.get(hub, {})
    for topic, rate in [*rates.items()]:
        rate.forget_quiet(hub.now_s())
        if rate.is_unused:
            del rates[topic]
