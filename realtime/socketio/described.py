"""What differs for Socket.IO clients, for the AsyncAPI document."""

from dataclasses import dataclass
from typing import Any

from pydantic import TypeAdapter
from pydantic.alias_generators import to_camel

from apikit.descriptions import as_markdown, describe
from apikit.registries import Registry
from realtime.commands import COMMANDS, Command
from realtime.events import EVENTS, Event, ProcessEvent

ADDRESS = "/socket.io/"
ERROR_EVENT = "error"


@dataclass(frozen=True, slots=True)
class SocketIoEvent:
    """An event that only Socket.IO clients get, after a command that only they have."""

    payload: TypeAdapter[Any]
    description: str
    example: Any
    # Whether the payload is a list of these.
    is_list: bool = False


# By name. Apps register those of a variant (``socketio.lobby``), for the document.
SOCKETIO_EVENTS: Registry[str, SocketIoEvent] = Registry("Socket.IO event")


def describe_socketio() -> dict[str, Any]:
    """Returns the names of commands and events, by their names at ``/ws``.

    ``only`` has the commands and events that ``/ws`` does not have, with their schemas.
    """
    return {
        "address": ADDRESS,
        "protocolVersion": 5,
        "commands": {
            name: _describe_command(command)
            for name, command in COMMANDS.items()
            if not command.only_socketio
        },
        "events": {
            name: list(event_names(event))
            for name, event in EVENTS.items()
            if not issubclass(event, ProcessEvent)
        },
        "errorEvent": ERROR_EVENT,
        "only": {
            "commands": {
                name: _describe_own_command(command)
                for name, command in COMMANDS.items()
                if command.only_socketio
            },
            "events": {name: _describe_own_event(each) for name, each in SOCKETIO_EVENTS.items()},
        },
    }


def event_names(event: type[Event]) -> tuple[str, ...]:
    """Returns the names that Socket.IO clients get an event under."""
    return event.socketio_names or (event.name,)


def _describe_own_command(command: Command) -> dict[str, Any]:
    reply = {"reply": describe(command.reply).schema} if command.reply else {}
    return {
        **_describe_command(command),
        "description": as_markdown(command.description),
        "payload": describe(command.body, mode="validation").schema,
        "example": command.example,
        **reply,
        "errors": [refusal.code for refusal in command.refusals],
    }


def _describe_own_event(event: SocketIoEvent) -> dict[str, Any]:
    schema = describe(event.payload).schema
    return {
        "description": as_markdown(event.description),
        "payload": {"type": "array", "items": schema} if event.is_list else schema,
        "example": event.example,
    }


def _describe_command(command: Command) -> dict[str, Any]:
    names = dict.fromkeys((command.name, to_camel(command.name.replace("-", "_"))))
    return {
        "names": list(names),
        **({"bareField": command.bare_field} if command.bare_field else {}),
        **({"replyEvent": command.reply_event} if command.reply_event else {}),
    }
