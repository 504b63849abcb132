"""Anonymous reads on the fast path; concurrent identical reads share one query."""

import re
from collections.abc import Callable
from functools import partial
from uuid import UUID

from apikit.actors import visitor
from apikit.clients import client_network
from apikit.errors import ApiError
from apikit.pagination import page_of
from apikit.throttling import admit_request
from apikit.wire import encode_wire
from polling_site.asgi_middleware.messages import AsgiApp, Receive, Scope, Send
from polling_site.asgi_middleware.responses import JsonResponse, error_response, respond
from polling_site.fast_path.plain_requests import UUID_PATTERN, read_headers
from polls import selectors
from polls.results import get_results_for
from polls.wire import OnePoll, OneResults, PollList
from realtime.shared_reads import SharedReads

_PATH = re.compile(rf"/api(?:/v1)?/polls(?:/({UUID_PATTERN})(/results)?)?/?")
_FIRST_PAGE = {"page": 1, "limit": 10}

Read = Callable[[], JsonResponse]


class FastReads:
    """Answers plain GET requests without a token for the list, a poll and its results."""

    def __init__(self, app: AsgiApp) -> None:
        self._app = app
        self._shared: SharedReads[None, JsonResponse] = SharedReads()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        match = _PATH.fullmatch(scope["path"])
        plain = read_headers(scope) if match else None
        if match is None or plain is None or plain.token or plain.body_bytes:
            await self._app(scope, receive, send)
            return
        allow, read = _route(match[1], is_results=bool(match[2]))
        work = partial(self._admit_and_read, client_network(scope), f"{match[1]}{match[2]}", read)
        await respond(scope, send, allow, work, plain.cors_headers())

    async def _admit_and_read(self, client: str, name: str, read: Read) -> JsonResponse:
        admit_request(client)
        return await self._shared.get(name, None, lambda _: read())


def _route(poll_id: str | None, *, is_results: bool) -> tuple[str, Read]:
    """The ``Allow`` header of a path, and the function that reads what it names."""
    if poll_id is None:
        return "GET, POST, HEAD, OPTIONS", _read_list
    if is_results:
        return "GET, HEAD, OPTIONS", partial(_or_error, _read_results, UUID(poll_id))
    return "GET, PUT, PATCH, DELETE, HEAD, OPTIONS", partial(_or_error, _read_poll, UUID(poll_id))


def _or_error(read: Callable[[UUID], JsonResponse], poll_id: UUID) -> JsonResponse:
    """Turns an expected error into a response, so that concurrent reads share it too."""
    try:
        return read(poll_id)
    except ApiError as error:
        return error_response(error)


def _read_poll(poll_id: UUID) -> JsonResponse:
    poll = selectors.read_poll_for(visitor(), poll_id)
    [view] = selectors.view_polls([poll], visitor())
    return JsonResponse(200, encode_wire(OnePoll(poll=view)), {"ETag": f'"{poll.revision}"'})


def _read_results(poll_id: UUID) -> JsonResponse:
    results = get_results_for(visitor(), poll_id)
    return JsonResponse(200, encode_wire(OneResults(poll=results)), {})


def _read_list() -> JsonResponse:
    polls = selectors.list_polls_for(visitor(), selectors.PollFilter())
    rows, pagination = page_of(polls, _FIRST_PAGE)
    views = selectors.view_polls(rows, visitor())
    return JsonResponse(200, encode_wire(PollList(polls=views, pagination=pagination)), {})
