"""The AsyncAPI document: what sockets speak, from the declarations that run them.

Each door is a channel. From where the document stands, the site receives commands and sends
events. See https://www.asyncapi.com/docs/reference/specification/v3.0.0.
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from pydantic import TypeAdapter

from apikit.descriptions import Description, as_markdown, describe, list_refusals
from apikit.errors import (
    ApiError,
    FieldError,
    InvalidRequestError,
    ServerError,
    ServerUnavailableError,
    TooManyRequestsError,
    ValidationFailedError,
)
from apikit.wire import adapter_of
from realtime.close_codes import CloseCode
from realtime.commands import MAX_REF_CHARS, UnknownCommandError
from realtime.endpoints import ENDPOINTS, Door
from realtime.events import EVENTS, MAIN_PROTOCOL, Event, ProcessEvent, StateEvent
from realtime.handlers import COMMANDS, Command

Json = dict[str, Any]

_DESCRIPTION = """\
JSON text frames. A client sends *commands*: `{"type": "<command>", "ref": <anything>, ...}`, and
gets a *reply* or an *error* that carries the same `ref`. *Events* come by themselves and have no
`ref`. Fields may be sent in snake_case too; what is not described is refused.

Who a socket belongs to is said once, when it is opened, in one of the ways under
`securitySchemes`; without any it belongs to a visitor, who may watch what is public. A bad or
expired token is accepted, then closed with 4401. An address that is not among the channels is
refused in the handshake, with 404.

The number of a close code carries what to do: 4000 to 4499, and what is not from here, say come
back; 4500 to 4999 say don't. `x-close-codes` has the list.

An event tagged `state` says how something stands, so a newer one may stand for several; one tagged
`log` is written each time."""

# What any command may be refused with, and what is no command at all.
_OF_ANY_COMMAND = (
    ValidationFailedError,
    TooManyRequestsError,
    ServerError,
    ServerUnavailableError,
)
_OF_ANY_FRAME = (InvalidRequestError, UnknownCommandError, TooManyRequestsError, ServerError)

_REF: Json = {"description": "What the command carried; null where it carried nothing."}


def asyncapi_document(
    *, title: str, version: str, url: str, security_schemes: Mapping[str, Json]
) -> Json:
    """The document for a site at ``url``, where people say who they are in those ways."""
    return _Writer(security_schemes).document(title, version, url)


class _Writer:
    """Writes the document, collecting what its parts have in common as it goes."""

    def __init__(self, security_schemes: Mapping[str, Json]) -> None:
        self._security_schemes = dict(security_schemes)
        self._messages: dict[str, Json] = {}
        self._schemas: dict[str, Json] = {}
        self._operations: dict[str, Json] = {}

    def document(self, title: str, version: str, url: str) -> Json:
        channels = {door.dialect: self._channel(door) for door in ENDPOINTS}
        address = urlsplit(url)
        server = {
            "host": address.netloc,
            "protocol": "wss" if address.scheme == "https" else "ws",
            "security": [
                {"$ref": f"#/components/securitySchemes/{name}"} for name in self._security_schemes
            ],
        }
        return {
            "asyncapi": "3.0.0",
            "info": {"title": f"{title}: sockets", "version": version, "description": _DESCRIPTION},
            "defaultContentType": "application/json",
            "servers": {"site": server},
            "channels": channels,
            "operations": self._operations,
            "components": {
                "messages": self._messages,
                "schemas": self._schemas,
                "securitySchemes": self._security_schemes,
            },
            "x-close-codes": [
                {
                    "code": code.value,
                    "name": code.name.lower(),
                    "reason": code.reason,
                    "comeBack": code < 4500,
                }
                for code in CloseCode
            ],
            "x-limits": _limits(),
        }

    def _channel(self, door: Door) -> Json:
        names = [
            *self._receive_commands(door),
            *self._send_events(door),
            self._send_other_errors(door),
        ]
        query = {"type": "object", "properties": {"token": {"type": "string"}}}
        return {
            "address": door.address,
            "description": as_markdown(door.purpose),
            "servers": [{"$ref": "#/servers/site"}],
            "parameters": {
                name: {"description": f"The id of a {name.removesuffix('Id')}."}
                for name in door.names
            },
            "messages": {
                name: {"$ref": f"#/components/messages/{name}"} for name in dict.fromkeys(names)
            },
            "bindings": {"ws": {"method": "GET", "query": query, "bindingVersion": "0.1.0"}},
        }

    # What comes in, and what is answered

    def _receive_commands(self, door: Door) -> Iterator[str]:
        for command in COMMANDS.values():
            sent, reply, error = (
                f"{part}.{command.name}" for part in ("command", "reply", "error")
            )
            self._add_command(sent, command)
            self._add_reply(reply, command)
            refusals = (*command.refusals, *_OF_ANY_COMMAND)
            self._add_error(error, refusals, f"`{command.name}` is refused.")
            self._operations[f"{door.dialect}.{sent}"] = {
                "action": "receive",
                "channel": _channel_ref(door),
                "summary": _first_line(command.purpose),
                "description": as_markdown(command.purpose),
                "messages": [_message_ref(door, sent)],
                "reply": {
                    "channel": _channel_ref(door),
                    "messages": [_message_ref(door, reply), _message_ref(door, error)],
                },
            }
            yield from (sent, reply, error)

    def _add_command(self, name: str, command: Command) -> None:
        body = describe(command.body, mode="validation").beside(type={"const": command.name})
        body.schema["properties"]["ref"] = {
            "description": f"Comes back with the reply. {MAX_REF_CHARS} characters of JSON at most."
        }
        example = {"type": command.name, "ref": 1, **command.example}
        self._add(name, command.name, body, [example], summary=_first_line(command.purpose))

    def _add_reply(self, name: str, command: Command) -> None:
        bare = Description({"type": "object", "additionalProperties": False}, {})
        body = describe(command.reply) if command.reply else bare
        body = body.beside(type={"const": "reply"}, ref=_REF, status={"const": "ok"})
        example = {"type": "reply", "ref": 1, "status": "ok", **command.reply_example}
        self._add(name, "reply", body, [example], summary=f"`{command.name}` is done.")

    def _add_error(self, name: str, refusals: Iterable[type[ApiError]], summary: str) -> None:
        by_code = {each.code: each for each in refusals}
        fields = describe(TypeAdapter(list[FieldError]))
        schema = {
            "type": "object",
            "description": "Some codes come with further fields, such as the vote that stands.",
            "properties": {
                "type": {"const": "error"},
                "ref": _REF,
                "code": {"enum": list(by_code)},
                "message": {"type": "string", "description": "A sentence for a person."},
                "errors": fields.schema,
            },
            "required": ["type", "ref", "code", "message"],
        }
        examples = [
            {"type": "error", "ref": 1, **each().details()} for each in list(by_code.values())[:1]
        ]
        description = list_refusals(*by_code.values())
        self._add(
            name,
            "error",
            Description(schema, fields.parts),
            examples,
            summary=summary,
            description=description,
        )

    # What goes out by itself

    def _send_events(self, door: Door) -> Iterator[str]:
        for event in EVENTS.values():
            name = self._add_event(event, door.dialect)
            if name is not None:
                self._send(door, name)
                yield name

    def _add_event(self, event: type[Event], dialect: str) -> str | None:
        """The key of the message, if the dialect has one for the event."""
        if issubclass(event, ProcessEvent):
            return None
        tags = [{"name": "state" if issubclass(event, StateEvent) else "log"}]
        if dialect == MAIN_PROTOCOL:
            kind = {"const": event.name}
            body = describe(adapter_of(event)).beside(type=kind, event=kind)
            example = {"type": event.name, "event": event.name, **event.example}
            return self._add_sent(event, event.name, body, example, tags)
        form = event.older_forms.get(dialect)
        if form is None:
            return None
        body = describe(adapter_of(form), by_alias=False, prefix=f"{dialect}.")
        body = body.beside(type={"const": form.name})
        return self._add_sent(form, form.name, body, {"type": form.name, **form.example}, tags)

    def _add_sent(
        self, source: type, wire_name: str, body: Description, example: Json, tags: list[Json]
    ) -> str:
        name = f"event.{wire_name}"
        purpose = as_markdown(source.__doc__ or "")
        self._add(name, wire_name, body, [example], summary=_first_line(purpose), tags=tags)
        return name

    def _send_other_errors(self, door: Door) -> str:
        """Errors without a command: a frame that is none, or a door that does not open."""
        name = f"error.{door.dialect}"
        summary = "A frame was no command, or what the address names is not there."
        self._add_error(name, (*_OF_ANY_FRAME, *door.refusals), summary)
        self._send(door, name)
        return name

    def _send(self, door: Door, name: str) -> None:
        self._operations[f"{door.dialect}.{name}"] = {
            "action": "send",
            "channel": _channel_ref(door),
            "summary": self._messages[name]["summary"],
            "messages": [_message_ref(door, name)],
        }

    def _add(
        self, name: str, wire_name: str, body: Description, examples: list[Json], **fields: Any
    ) -> None:
        self._schemas |= body.parts
        message = {"name": wire_name, **fields, "payload": body.schema}
        if "ref" in body.schema["properties"]:
            message["correlationId"] = {"location": "$message.payload#/ref"}
        self._messages[name] = message | {"examples": [{"payload": each} for each in examples]}


def _channel_ref(door: Door) -> Json:
    return {"$ref": f"#/channels/{door.dialect}"}


def _message_ref(door: Door, name: str) -> Json:
    return {"$ref": f"#/channels/{door.dialect}/messages/{name}"}


def _first_line(docstring: str) -> str:
    return as_markdown(docstring).partition("\n\n")[0].replace("\n", " ")


def _limits() -> Json:
    return {
        "messageBytes": settings.WS_MAX_MESSAGE_BYTES,
        "refCharacters": MAX_REF_CHARS,
        "commandsPerSecond": settings.WS_MAX_COMMANDS_PER_SECOND,
        "topicsPerSocket": settings.WS_MAX_TOPICS_PER_SOCKET,
        "socketsPerUser": settings.WS_MAX_SOCKETS_PER_USER,
    }
