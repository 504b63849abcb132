"""Adding options and deciding over sockets, and what the hosts of a poll are sent."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Annotated, Any, ClassVar, Literal
from uuid import UUID

from pydantic import Field

from apikit.actors import Actor
from apikit.errors import (
    AuthenticationRequiredError,
    GuestRefusedError,
    IdempotencyKeyReusedError,
    TokenInvalidError,
    TooManyRequestsError,
)
from apikit.idempotency import MAX_KEY_CHARS, reply_once
from apikit.wire import Id, Wire, adapter_of, encode, to_wire
from polls import errors, host_examples
from polls.events import SuggestionsDecided
from polls.examples import POLL_ID
from polls.host_decisions import decide
from polls.host_docs import ADDING_REFUSALS, DECIDING_REFUSALS
from polls.host_selectors import count_pending, read_polls_of_hosts
from polls.host_views import add_option
from polls.host_wire import AddedOption, Decided, HostChoice, Pending, SuggestedOption
from polls.selectors import get_managed_poll_for
from polls.topics import HOSTS_PREFIX, hosts_topic, poll_id_of
from realtime import Hub, command, event, event_handler, periodic
from realtime.connection import Connection
from realtime.database import in_database
from realtime.errors import TooManyTopicsError
from realtime.events import LogEvent, StateEvent
from realtime.frames import EncodedEvent
from realtime.topics import topic_prefix
from workspaces.errors import ActionNotAllowedError

# How old the numbers are at most, and how long somebody who is no host any more gets them.
INTERVAL_S = 1.0


@event
@dataclass(frozen=True, slots=True, kw_only=True)
class HostsUpdate(StateEvent):
    """Something changed for the hosts of a poll: what waits, votes, or decisions.

    Sent to those who joined with ``join-hosts``, at most once a second. Read the lists again.
    """

    name: ClassVar[str] = "hosts-update"
    example: ClassVar[Mapping[str, Any]] = {"pollId": POLL_ID, "pending": host_examples.PENDING}

    poll_id: Id
    pending: Pending
    sequence: Annotated[int, Field(exclude=True)]

    @property
    def order(self) -> int:
        return self.sequence


@event
@dataclass(frozen=True, slots=True, kw_only=True)
class HostsLeft(LogEvent):
    """You may not host this poll any more, so you get no more ``hosts-update``."""

    name: ClassVar[str] = "hosts-left"
    example: ClassVar[Mapping[str, Any]] = {"pollId": POLL_ID}

    poll_id: Id


@event
@dataclass(frozen=True, slots=True, kw_only=True)
class SuggestionDecided(LogEvent):
    """A host has decided about your suggestion.

    It is ``shown`` now, as an option with the same text, or was ``refused``.
    """

    name: ClassVar[str] = "suggestion-decided"
    example: ClassVar[Mapping[str, Any]] = {
        "pollId": POLL_ID,
        "suggestionId": host_examples.SUGGESTION_ID,
        "state": "shown",
    }

    poll_id: Id
    suggestion_id: Id
    state: Literal["shown", "refused"]


@event_handler(SuggestionsDecided)
def send_to_authors(hub: Hub, topic: str, event: SuggestionsDecided) -> None:
    """Sends a decision to the sockets of the author that follow the poll, and to no others."""
    for each in event.suggestions:
        frames = EncodedEvent(
            SuggestionDecided(poll_id=event.poll_id, suggestion_id=each.id, state=event.state)
        )
        for connection in hub.connections_of(each.author_id):
            frame = frames.frame(connection.protocol)
            if topic in connection.joined and frame is not None:
                connection.push(frame)


@dataclass(frozen=True, slots=True, kw_only=True)
class AddOptionCommand(SuggestedOption):
    """``key`` is like ``Idempotency-Key`` over REST."""

    poll_id: Id
    key: Annotated[str | None, Field(min_length=1, max_length=MAX_KEY_CHARS)] = None


@command(
    "add-option",
    refusals=[
        AuthenticationRequiredError,
        TokenInvalidError,
        TooManyRequestsError,
        IdempotencyKeyReusedError,
        *ADDING_REFUSALS,
    ],
    example={"pollId": POLL_ID, "text": "Water", "key": "b7c1f0ab"},
    reply_example=host_examples.ADDED,
)
async def add_option_command(
    hub: Hub, connection: Connection, body: AddOptionCommand
) -> AddedOption:
    """Adds an option or a question to a poll, like ``POST /polls/{id}/options``."""
    request = ["add-option", str(body.poll_id), body.text]
    run = partial(_add_option, connection.actor, body)
    reply = await in_database(reply_once, connection.actor, body.key, request, run)
    added: AddedOption = adapter_of(AddedOption).validate_json(encode(dict(reply)))
    return added


def _add_option(actor: Actor, body: AddOptionCommand) -> Mapping[str, Any]:
    return to_wire(add_option(actor, body.poll_id, body.text))


@dataclass(frozen=True, slots=True, kw_only=True)
class DecideCommand(HostChoice):
    """An action, and one of ``suggestionId``, ``optionId``, ``text`` and ``word``."""

    poll_id: Id


@command(
    "decide",
    refusals=[AuthenticationRequiredError, GuestRefusedError, *DECIDING_REFUSALS],
    example={
        "pollId": POLL_ID,
        "action": "approve",
        "suggestionId": host_examples.SUGGESTION_ID,
    },
    reply_example=host_examples.DECIDED,
)
async def decide_command(hub: Hub, connection: Connection, body: DecideCommand) -> Decided:
    """Decides as a host, like ``POST /polls/{id}/decisions``."""
    return await in_database(_decide, connection.actor, body)


def _decide(actor: Actor, body: DecideCommand) -> Decided:
    return decide(actor=actor, poll_id=body.poll_id, choice=body)


@dataclass(frozen=True, slots=True, kw_only=True)
class HostsReference(Wire):
    """Names a poll."""

    poll_id: Id


@dataclass(frozen=True, slots=True, kw_only=True)
class JoinedHosts(Wire):
    """What waits for the hosts of the poll now; ``hosts-update`` follows when it changes."""

    poll_id: Id
    pending: Pending


@command(
    "join-hosts",
    refusals=[
        AuthenticationRequiredError,
        GuestRefusedError,
        errors.PollNotFoundError,
        ActionNotAllowedError,
        TooManyTopicsError,
    ],
    example={"pollId": POLL_ID},
    reply_example={"pollId": POLL_ID, "pending": host_examples.PENDING},
)
async def join_hosts(hub: Hub, connection: Connection, body: HostsReference) -> JoinedHosts:
    """Subscribes to what waits for the hosts of a poll; for those who may edit it."""
    pending = await in_database(_read_pending, connection.actor, body.poll_id)
    topic = hosts_topic(body.poll_id)
    hub.join(connection, topic, (topic,))
    return JoinedHosts(poll_id=body.poll_id, pending=pending)


def _read_pending(actor: Actor, poll_id: UUID) -> Pending:
    return count_pending(get_managed_poll_for(actor, poll_id))


@command("leave-hosts", example={"pollId": POLL_ID})
async def leave_hosts(hub: Hub, connection: Connection, body: HostsReference) -> None:
    """Unsubscribes from what hosts see; it is not an error if you are not subscribed."""
    hub.leave(connection, hosts_topic(body.poll_id))


@periodic(INTERVAL_S)
async def update_hosts(hub: Hub) -> None:
    """Sends hosts what has changed, after checking that they still are.

    Reads the database instead of receiving events, so that votes have nothing to publish. No query
    while nobody is subscribed.
    """
    subscribed = {
        topic: connections
        for topic in list(hub.topics)
        if topic_prefix(topic) == HOSTS_PREFIX and (connections := hub.subscribers_of(topic))
    }
    if not subscribed:
        return
    poll_ids = {poll_id_of(topic) for topic in subscribed}
    actors = {each.actor for connections in subscribed.values() for each in connections}
    hosts = await in_database(_read_hosts, poll_ids, actors)
    for topic, connections in subscribed.items():
        update, allowed = hosts.get(poll_id_of(topic), (None, set()))
        for connection in connections:
            if connection.actor not in allowed:
                _dismiss(hub, connection, topic)
        if update is not None:
            hub.deliver(topic, update)


def _read_hosts(
    poll_ids: Collection[UUID], actors: Collection[Actor]
) -> dict[UUID, tuple[HostsUpdate, set[Actor]]]:
    return {
        poll_id: (
            HostsUpdate(
                poll_id=poll_id,
                pending=count_pending(poll),
                # Each of them only rises.
                sequence=poll.version + poll.revision + poll.host_revision,
            ),
            allowed,
        )
        for poll_id, (poll, allowed) in read_polls_of_hosts(poll_ids, actors).items()
    }


def _dismiss(hub: Hub, connection: Connection, topic: str) -> None:
    if hub.leave(connection, topic):
        left = EncodedEvent(HostsLeft(poll_id=poll_id_of(topic)), is_shared=False)
        if (frame := left.frame(connection.protocol)) is not None:
            connection.push(frame)
