"""Votes on the fast path."""

import re
from functools import partial
from typing import Any
from uuid import UUID

import pydantic
import pydantic_core

from accounts.tokens import read_access_token
from apikit.actors import Actor
from apikit.errors import TokenInvalidError
from apikit.idempotency import REPLAYED_HEADER
from apikit.json_names import may_repeat_names
from apikit.throttling import admit_request
from apikit.wire import encode_wire
from polling_site.asgi_middleware.messages import (
    AsgiApp,
    Message,
    Receive,
    Scope,
    Send,
    replaying,
)
from polling_site.asgi_middleware.responses import JsonResponse, respond
from polling_site.fast_path.plain_requests import UUID_PATTERN, read_headers
from polls.kinds.base import SentAnswer
from polls.models import MAX_OPTIONS
from votes.services import cast_vote_async
from votes.wire import cast_vote_response

_PATH = re.compile(rf"/api(?:/v1)?/(?:polls/({UUID_PATTERN})/vote|votes)/?")
# Fifty options take two thousand bytes.
_MAX_BODY_BYTES = 4096
# Options or answers.
_Choice = tuple[list[UUID], tuple[SentAnswer, ...]]
_ANSWERS: pydantic.TypeAdapter[tuple[SentAnswer, ...]] = pydantic.TypeAdapter(
    tuple[SentAnswer, ...]
)
_FIELDS = {"optionId", "rank", "score", "number", "text", "x", "y"}


class FastVotes:
    """Answers plain POST requests that cast a vote."""

    def __init__(self, app: AsgiApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        match = _PATH.fullmatch(scope["path"])
        plain = read_headers(scope) if match else None
        if match is None or plain is None or not plain.is_json or not plain.token:
            await self._app(scope, receive, send)
            return
        if not 0 < plain.body_bytes <= _MAX_BODY_BYTES:
            await self._app(scope, receive, send)
            return
        body, replay = await _read_body(receive, plain.body_bytes)
        actor, choice = _read_token(plain.token), _read_choice(body)
        if actor is None or choice is None or len(body) != plain.body_bytes:
            await self._app(scope, replay, send)
            return
        poll_id = UUID(match[1]) if match[1] else None
        work = partial(_vote, actor, poll_id, choice, plain.key)
        await respond(scope, send, "POST, OPTIONS", work, plain.cors_headers())


async def _vote(
    actor: Actor, poll_id: UUID | None, choice: _Choice, key: str | None
) -> JsonResponse:
    admit_request(str(actor.id))
    option_ids, answers = choice
    receipt = await cast_vote_async(
        actor=actor, poll_id=poll_id, option_ids=option_ids, answers=answers, key=key
    )
    body, status = cast_vote_response(receipt)
    headers = {REPLAYED_HEADER: "true"} if receipt.is_replayed else {}
    return JsonResponse(status, encode_wire(body), headers)


async def _read_body(receive: Receive, size_bytes: int) -> tuple[bytes, Receive]:
    """Reads the body, up to its announced size; the returned ``receive`` starts over with it."""
    messages: list[Message] = []
    body, is_complete = b"", False
    while not is_complete and len(body) <= size_bytes:
        message = await receive()
        messages.append(message)
        body += message.get("body") or b""
        is_complete = not message.get("more_body")
    return body, replaying(messages, receive)


def _read_token(token: str) -> Actor | None:
    try:
        return read_access_token(token)
    except TokenInvalidError:
        return None


def _read_choice(body: bytes) -> _Choice | None:
    """The chosen options or the answers; None if the body is not plain."""
    try:
        fields = pydantic_core.from_json(body, allow_inf_nan=False)
    except ValueError:
        return None
    if not isinstance(fields, dict) or len(fields) != 1:
        return None
    # The view refuses names that occur twice.
    if (colons := body.count(b":")) > 1 and may_repeat_names(colons, fields):
        return None
    [(name, value)] = fields.items()
    if name in {"pollOptionId", "poll_option_id"}:
        value = [value]
    elif name == "answers":
        return _read_answers(value)
    elif name not in {"pollOptionIds", "poll_option_ids"} or not isinstance(value, list):
        return None
    option_ids = _read_ids(value) if 0 < len(value) <= MAX_OPTIONS else None
    return None if option_ids is None else (option_ids, ())


def _read_answers(value: Any) -> _Choice | None:
    if not isinstance(value, list) or not 0 < len(value) <= MAX_OPTIONS:
        return None
    # The view refuses null, and fields under two spellings.
    if not all(isinstance(each, dict) and each.keys() <= _FIELDS for each in value):
        return None
    if any(field is None for each in value for field in each.values()):
        return None
    try:
        return [], _ANSWERS.validate_json(pydantic_core.to_json(value), strict=True)
    except ValueError:
        return None


def _read_ids(texts: list[Any]) -> list[UUID] | None:
    if not all(isinstance(text, str) and re.fullmatch(UUID_PATTERN, text) for text in texts):
        return None
    # The view reports an option chosen twice, with the field as it was spelled.
    return [UUID(text) for text in texts] if len(set(texts)) == len(texts) else None
