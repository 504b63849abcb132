"""The AsyncAPI document of the sockets, from the declarations that run them.

Each endpoint is a channel. The document takes the server's view: it receives commands and sends
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
from realtime.commands import COMMANDS, MAX_REF_CHARS, Command
from realtime.endpoints import ENDPOINTS, Endpoint
from realtime.errors import UnknownCommandError
from realtime.events import EVENTS, MAIN_PROTOCOL, Event, ProcessEvent, StateEvent
from realtime.socketio.described import describe_socketio

Json = dict[str, Any]

_DESCRIPTION = """\
JSON text frames. A client sends *commands*, `{"type": "<command>", "ref": <anything>, ...}`, and
gets a *reply* or an *error* with the same `ref`. The server sends *events* without a `ref`. Fields
may also be sent in snake_case; unknown fields are refused.

Authenticate when you open the socket, in one of the ways under `securitySchemes`. Without
credentials you are a visitor, who can watch public polls. A socket with an invalid or expired token
is accepted, then closed with 4401. The handshake for an unknown address is refused with 404.

The close code tells you whether to reconnect: with 4000 to 4499, and with codes of other origin,
do; with 4500 to 4999, do not. `x-close-codes` lists all codes.

Socket.IO clients connect to `/socket.io/`. They emit commands as events, get replies as
acknowledgements, and get the same events. `x-socketio` lists what is named otherwise, and what only
they have.

An event tagged `state` holds a whole state, so one may stand for several changes. Every event
tagged `log` is sent."""

# Errors of any command, and of frames that are no command.
_OF_ANY_COMMAND = (
    ValidationFailedError,
    TooManyRequestsError,
    ServerError,
    ServerUnavailableError,
)
_OF_ANY_FRAME = (InvalidRequestError, UnknownCommandError, TooManyRequestsError, ServerError)

_REF: Json = {"description": "The `ref` of the command; null if it had none."}


def asyncapi_document(
    *, title: str, version: str, url: str, security_schemes: Mapping[str, Json]
) -> Json:
    """Returns the document for a site at ``url`` with those ways to authenticate."""
    return _Writer(security_schemes).document(title, version, url)


class _Writer:
    """Writes the document, and collects the shared components."""

    def __init__(self, security_schemes: Mapping[str, Json]) -> None:
        self._security_schemes = dict(security_schemes)
        self._messages: dict[str, Json] = {}
        self._schemas: dict[str, Json] = {}
        self._operations: dict[str, Json] = {}

    def document(self, title: str, version: str, url: str) -> Json:
        channels = {name: self._channel(endpoint) for name, endpoint in ENDPOINTS.items()}
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
            "x-socketio": describe_socketio(),
        }

    def _channel(self, endpoint: Endpoint) -> Json:
        names = [
            *self._receive_commands(endpoint),
            *self._send_events(endpoint),
            self._send_other_errors(endpoint),
        ]
        names_in_query = ["token", *endpoint.query]
        query: Json = {
            "type": "object",
            "properties": {name: {"type": "string"} for name in names_in_query},
        }
        if endpoint.query:
            query["required"] = list(endpoint.query)
        return {
            "address": endpoint.address,
            "description": as_markdown(endpoint.description),
            "servers": [{"$ref": "#/servers/site"}],
            "parameters": {
                name: {"description": f"The id of a {name.removesuffix('Id')}."}
                for name in endpoint.parameters
            },
            "messages": {
                name: {"$ref": f"#/components/messages/{name}"} for name in dict.fromkeys(names)
            },
            "bindings": {"ws": {"method": "GET", "query": query, "bindingVersion": "0.1.0"}},
        }

    # Commands and replies

    def _receive_commands(self, endpoint: Endpoint) -> Iterator[str]:
        for command in COMMANDS.values():
            if command.only_socketio:
                continue
            sent, reply, error = (
                f"{part}.{command.name}" for part in ("command", "reply", "error")
            )
            self._add_command(sent, command)
            self._add_reply(reply, command)
            refusals = (*command.refusals, *_OF_ANY_COMMAND)
            self._add_error(error, refusals, f"`{command.name}` was refused.")
            self._operations[f"{endpoint.protocol}.{sent}"] = {
                "action": "receive",
                "channel": _channel_ref(endpoint),
                "summary": _first_line(command.description),
                "description": as_markdown(command.description),
                "messages": [_message_ref(endpoint, sent)],
                "reply": {
                    "channel": _channel_ref(endpoint),
                    "messages": [_message_ref(endpoint, reply), _message_ref(endpoint, error)],
                },
            }
            yield from (sent, reply, error)

    def _add_command(self, name: str, command: Command) -> None:
        body = describe(command.body, mode="validation").beside(type={"const": command.name})
        body.schema["properties"]["ref"] = {
            "description": f"Returned in the reply. At most {MAX_REF_CHARS} characters of JSON."
        }
        bodies = (command.example, *command.further_examples)
        examples = [{"type": command.name, "ref": 1, **each} for each in bodies]
        self._add(name, command.name, body, examples, summary=_first_line(command.description))

    def _add_reply(self, name: str, command: Command) -> None:
        bare = Description({"type": "object", "additionalProperties": False}, {})
        body = describe(command.reply) if command.reply else bare
        body = body.beside(type={"const": "reply"}, ref=_REF, status={"const": "ok"})
        example = {"type": "reply", "ref": 1, "status": "ok", **command.reply_example}
        self._add(name, "reply", body, [example], summary=f"`{command.name}` succeeded.")

    def _add_error(self, name: str, refusals: Iterable[type[ApiError]], summary: str) -> None:
        by_code = {each.code: each for each in refusals}
        fields = describe(TypeAdapter(list[FieldError]))
        schema = {
            "type": "object",
            "description": "Some codes have more fields, such as the current vote.",
            "properties": {
                "type": {"const": "error"},
                "ref": _REF,
                "code": {"enum": list(by_code)},
                "message": {
                    "type": "string",
                    "description": "A sentence for people; it may change.",
                },
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

    # Events

    def _send_events(self, endpoint: Endpoint) -> Iterator[str]:
        for event in EVENTS.values():
            name = self._add_event(event, endpoint.protocol)
            if name is not None:
                self._send(endpoint, name)
                yield name

    def _add_event(self, event: type[Event], protocol: str) -> str | None:
        """Returns the message key; None if the protocol does not have this event."""
        if issubclass(event, ProcessEvent):
            return None
        tags = [{"name": "state" if issubclass(event, StateEvent) else "log"}]
        if protocol == MAIN_PROTOCOL:
            kind = {"const": event.name}
            body = describe(adapter_of(event)).beside(type=kind, event=kind)
            example = {"type": event.name, "event": event.name, **event.example}
            return self._add_sent(f"event.{event.name}", event, event.name, body, example, tags)
        legacy_frame = event.legacy_frames.get(protocol)
        if legacy_frame is None:
            return None
        body = describe(adapter_of(legacy_frame), by_alias=False, prefix=f"{protocol}.")
        body = body.beside(type={"const": legacy_frame.name})
        example = {"type": legacy_frame.name, **legacy_frame.example}
        is_taken = legacy_frame.name in EVENTS
        name = f"event.{legacy_frame.name}{f'.{protocol}' if is_taken else ''}"
        return self._add_sent(name, legacy_frame, legacy_frame.name, body, example, tags)

    def _add_sent(
        self,
        name: str,
        source: type,
        wire_name: str,
        body: Description,
        example: Json,
        tags: list[Json],
    ) -> str:
        description = as_markdown(source.__doc__ or "")
        self._add(name, wire_name, body, [example], summary=_first_line(description), tags=tags)
        return name

    def _send_other_errors(self, endpoint: Endpoint) -> str:
        """Errors without a command: invalid frames, and errors of ``on_connect``."""
        name = f"error.{endpoint.protocol}"
        summary = "A frame was not a command, or the object in the address does not exist."
        self._add_error(name, (*_OF_ANY_FRAME, *endpoint.refusals), summary)
        self._send(endpoint, name)
        return name

    def _send(self, endpoint: Endpoint, name: str) -> None:
        self._operations[f"{endpoint.protocol}.{name}"] = {
            "action": "send",
            "channel": _channel_ref(endpoint),
            "summary": self._messages[name]["summary"],
            "messages": [_message_ref(endpoint, name)],
        }

    def _add(
        self, name: str, wire_name: str, body: Description, examples: list[Json], **fields: Any
    ) -> None:
        self._schemas |= body.parts
        message = {"name": wire_name, **fields, "payload": body.schema}
        if "ref" in body.schema["properties"]:
            message["correlationId"] = {"location": "$message.payload#/ref"}
        self._messages[name] = message | {"examples": [{"payload": each} for each in examples]}


def _channel_ref(endpoint: Endpoint) -> Json:
    return {"$ref": f"#/channels/{endpoint.protocol}"}


def _message_ref(endpoint: Endpoint, name: str) -> Json:
    return {"$ref": f"#/channels/{endpoint.protocol}/messages/{name}"}


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
