"""What differs for Socket.IO clients, for the AsyncAPI document."""

from typing import Any

from pydantic.alias_generators import to_camel

from realtime.commands import COMMANDS, Command
from realtime.events import EVENTS, Event, ProcessEvent

ADDRESS = "/socket.io/"
ERROR_EVENT = "error"


def describe_socketio() -> dict[str, Any]:
    """Returns the names of commands and events, by their names at ``/ws``."""
    return {
        "address": ADDRESS,
        "protocolVersion": 5,
        "commands": {name: _describe_command(command) for name, command in COMMANDS.items()},
        "events": {
            name: list(event_names(event))
            for name, event in EVENTS.items()
            if not issubclass(event, ProcessEvent)
        },
        "errorEvent": ERROR_EVENT,
    }


def event_names(event: type[Event]) -> tuple[str, ...]:
    """Returns the names that Socket.IO clients get an event under."""
    return event.socketio_names or (event.name,)


def _describe_command(command: Command) -> dict[str, Any]:
    names = dict.fromkeys((command.name, to_camel(command.name.replace("-", "_"))))
    return {
        "names": list(names),
        **({"bareField": command.bare_field} if command.bare_field else {}),
        **({"replyEvent": command.reply_event} if command.reply_event else {}),
    }
