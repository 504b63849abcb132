"""What a whole room reads without a token, read once for all who ask meanwhile."""

import re
from collections.abc import Callable
from functools import partial
from uuid import UUID

from apikit.actors import visitor
from apikit.errors import ApiError
from apikit.pagination import page_of
from apikit.throttling import admit_request
from apikit.wire import encode_wire
from polling_site.fast_path.plain_requests import (
    UUID_PATTERN,
    Answer,
    AsgiApp,
    Message,
    Receive,
    Send,
    read_headers,
    refusal,
    respond,
)
from polls import selectors
from polls.wire import OnePoll, OneResults, PollList
from realtime.shared_reads import SharedReads

_PATH = re.compile(rf"/api(?:/v1)?/polls(?:/({UUID_PATTERN})(/results)?)?/?")
_FIRST_PAGE = {"page": 1, "limit": 10}

Read = Callable[[], Answer]


def express_reads(app: AsgiApp) -> AsgiApp:
    """``app``, with plain reads of visitors answered before it."""
    shared: SharedReads[None, Answer] = SharedReads()

    async def answer_or_pass_on(scope: Message, receive: Receive, send: Send) -> None:
        match = _PATH.fullmatch(scope["path"]) if scope["method"] == "GET" else None
        plain = read_headers(scope) if match else None
        if match is None or plain is None or plain.token or plain.body_bytes:
            await app(scope, receive, send)
            return
        allow, read = _reading_of(match[1], is_results=bool(match[2]))
        address = (scope.get("client") or ("unknown",))[0]
        name = f"{match[1]}{match[2]}"
        await respond(scope, send, allow, partial(_admit_and_get, shared, address, name, read))

    return answer_or_pass_on


async def _admit_and_get(
    shared: SharedReads[None, Answer], address: str, name: str, read: Read
) -> Answer:
    admit_request(address)
    return await shared.get(name, None, lambda _: read())


def _reading_of(poll_id: str | None, *, is_results: bool) -> tuple[str, Read]:
    """Which methods the address takes, and what is read there."""
    if poll_id is None:
        return "GET, POST, HEAD, OPTIONS", _read_list
    if is_results:
        return "GET, HEAD, OPTIONS", partial(_or_refusal, _read_results, UUID(poll_id))
    return "GET, PUT, PATCH, DELETE, HEAD, OPTIONS", partial(_or_refusal, _read_poll, UUID(poll_id))


def _or_refusal(read: Callable[[UUID], Answer], poll_id: UUID) -> Answer:
    try:
        return read(poll_id)
    except ApiError as error:
        return refusal(error)


def _read_poll(poll_id: UUID) -> Answer:
    poll = selectors.read_poll_for(visitor(), poll_id)
    [view] = selectors.view_polls([poll], visitor())
    return Answer(200, encode_wire(OnePoll(poll=view)), {"ETag": f'"{poll.revision}"'})


def _read_results(poll_id: UUID) -> Answer:
    results = selectors.get_results_for(visitor(), poll_id)
    return Answer(200, encode_wire(OneResults(poll=results)), {})


def _read_list() -> Answer:
    polls = selectors.list_polls_for(visitor(), selectors.PollFilter())
    rows, pagination = page_of(polls, _FIRST_PAGE)
    views = selectors.view_polls(rows, visitor())
    return Answer(200, encode_wire(PollList(polls=views, pagination=pagination)), {})
