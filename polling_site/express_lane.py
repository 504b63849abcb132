"""The express lane: casting a vote over REST without going through Django.

On its way through Django and DRF a request costs many times what the vote in it does (thread hops,
ten middlewares, content negotiation; see docs/performance.md). So the one call that a whole room
makes at once is answered here, when it comes in its plain form. Everything else about it, each odd
header, body or token, is left to ``votes.views``, which defines the call; both lead to the same
service, and the same tests run against both.
"""

import re
import time
from collections.abc import Awaitable, Callable, MutableMapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import pydantic_core
import structlog

from accounts.tokens import read_access_token
from apikit.actors import Actor
from apikit.errors import ApiError, TokenInvalidError
from apikit.exception_handler import as_api_error, error_headers
from apikit.idempotency import MAX_KEY_CHARS, REPLAYED_HEADER
from apikit.throttling import admit_request
from apikit.wire import encode, encode_wire
from polling_site.request_context import API_HEADERS, begin_request
from polls.models import MAX_OPTIONS
from votes.ballots import Receipt
from votes.services import cast_vote_async
from votes.wire import answer_cast

log = structlog.get_logger(__name__)

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
AsgiApp = Callable[[Message, Receive, Send], Awaitable[None]]

_UUID = "[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}"
_PATH = re.compile(rf"/api(?:/v1)?/(?:polls/({_UUID})/vote|votes)/?")
# Fifty options take two thousand; what is longer is not in the plain form.
_MAX_BODY_BYTES = 4096
# The headers that change nothing, or that are looked at here. A vote with any other one, such as
# Origin (CORS) or Content-Encoding, goes to the view.
_IGNORED = {
    b"host", b"user-agent", b"connection", b"accept-encoding", b"accept-language",
    b"cache-control", b"pragma", b"x-forwarded-for", b"x-forwarded-proto", b"x-forwarded-host",
    b"x-real-ip", b"traceparent", b"tracestate", b"x-request-id", b"dnt", b"priority",
}  # fmt: skip
_ACCEPTABLE = {b"*/*", b"application/json", b"application/json, text/plain, */*"}
_CONTENT_TYPES = {b"application/json", b"application/json; charset=utf-8"}


@dataclass(slots=True)
class _Plain:
    """What the headers of a plain request say."""

    token: str = ""
    key: str | None = None
    is_json: bool = False
    body_bytes: int = 0


def express_lane(app: AsgiApp) -> AsgiApp:
    """``app``, with plain votes answered before it."""

    async def answer_or_pass_on(scope: Message, receive: Receive, send: Send) -> None:
        match = _PATH.fullmatch(scope["path"]) if scope["method"] == "POST" else None
        plain = _read_headers(scope) if match else None
        if match is None or plain is None:
            await app(scope, receive, send)
            return
        body, replay = await _read_body(receive, plain.body_bytes)
        actor, option_ids = _read_token(plain.token), _read_options(body)
        if actor is None or option_ids is None:
            await app(scope, replay, send)
            return
        poll_id = UUID(match[1]) if match[1] else None
        await _vote(scope, send, actor, poll_id, option_ids, plain.key)

    return answer_or_pass_on


async def _vote(
    scope: Message,
    send: Send,
    actor: Actor,
    poll_id: UUID | None,
    option_ids: list[UUID],
    key: str | None,
) -> None:
    started_s, request_id = time.perf_counter(), begin_request()
    try:
        admit_request(str(actor.id))
        receipt = await cast_vote_async(
            actor=actor, poll_id=poll_id, option_ids=option_ids, key=key
        )
    except Exception as error:  # noqa: BLE001 - an outermost place
        status, body, headers = _refuse(as_api_error(error))
    else:
        status, body, headers = _accept(receipt)
    await _send(send, status, body, {**headers, "X-Request-Id": request_id})
    log.debug(
        "request",
        method="POST",
        path=scope["path"],
        status=status,
        ms=round((time.perf_counter() - started_s) * 1000, 1),
    )


def _accept(receipt: Receipt) -> tuple[int, bytes, dict[str, str]]:
    answer, status = answer_cast(receipt)
    headers = {REPLAYED_HEADER: "true"} if receipt.is_replayed else {}
    return status, encode_wire(answer), headers


def _refuse(error: ApiError) -> tuple[int, bytes, dict[str, str]]:
    return error.http_status.value, encode(error.as_body()).encode(), error_headers(error)


async def _send(send: Send, status: int, body: bytes, headers: dict[str, str]) -> None:
    every = {
        "Content-Type": "application/json",
        "Content-Length": str(len(body)),
        "Allow": "POST, OPTIONS",
        "Vary": "origin",
        **API_HEADERS,
        **headers,
    }
    pairs = [(name.lower().encode(), value.encode()) for name, value in every.items()]
    await send({"type": "http.response.start", "status": status, "headers": pairs})
    await send({"type": "http.response.body", "body": body})


def _read_headers(scope: Message) -> _Plain | None:
    """What a plain request's headers say; None when it isn't one."""
    plain = _Plain()
    for name, value in scope["headers"]:
        if name == b"authorization" and value[:7].lower() == b"bearer ":
            plain.token = value[7:].decode("latin-1").strip()
        elif name == b"idempotency-key" and _is_key(value):
            plain.key = value.decode("ascii")
        elif name == b"content-type" and value.lower() in _CONTENT_TYPES:
            plain.is_json = True
        elif name == b"content-length" and value.isdigit():
            plain.body_bytes = int(value)
        elif name not in _IGNORED and not (name == b"accept" and value in _ACCEPTABLE):
            return None
    is_whole = plain.token and plain.is_json and 0 < plain.body_bytes <= _MAX_BODY_BYTES
    return plain if is_whole and not scope["query_string"] else None


def _is_key(value: bytes) -> bool:
    return 0 < len(value) <= MAX_KEY_CHARS and value.isascii() and value.decode().isprintable()


async def _read_body(receive: Receive, size_bytes: int) -> tuple[bytes, Receive]:
    """The body, as far as it was announced, and a ``receive`` that begins again with it."""
    messages: list[Message] = []
    body, is_complete = b"", False
    while not is_complete and len(body) <= size_bytes:
        message = await receive()
        messages.append(message)
        body += message.get("body") or b""
        is_complete = not message.get("more_body")
    waiting = iter(messages)

    async def replay() -> Message:
        return next(waiting, None) or await receive()

    return body, replay


def _read_token(token: str) -> Actor | None:
    try:
        return read_access_token(token)
    except TokenInvalidError:
        return None


def _read_options(body: bytes) -> list[UUID] | None:
    """The options chosen, if the body is of the plain form."""
    try:
        fields = pydantic_core.from_json(body, allow_inf_nan=False)
    except ValueError:
        return None
    if not isinstance(fields, dict) or len(fields) != 1:
        return None
    [(name, value)] = fields.items()
    if name in {"pollOptionId", "poll_option_id"}:
        value = [value]
    elif name not in {"pollOptionIds", "poll_option_ids"} or not isinstance(value, list):
        return None
    return _read_ids(value) if 0 < len(value) <= MAX_OPTIONS else None


def _read_ids(texts: list[Any]) -> list[UUID] | None:
    if all(isinstance(text, str) and re.fullmatch(_UUID, text) for text in texts):
        return [UUID(text) for text in texts]
    return None
