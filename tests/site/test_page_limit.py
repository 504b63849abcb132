"""Pages are rendered a few at a time; everything else goes past them."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from pytest_django import Settings

from polling_site.asgi_middleware import page_limit
from polling_site.asgi_middleware.page_limit import PageLimit

Request = Callable[..., "asyncio.Task[None]"]


class Application:
    """Renders each request until ``may_respond``, and sends a body until ``may_end``."""

    def __init__(self) -> None:
        self.rendering: list[str] = []
        self.started: list[str] = []
        self.may_respond = asyncio.Event()
        self.may_end = asyncio.Event()
        self.all_four = asyncio.Event()

    async def __call__(self, scope: Any, _receive: Any, send: Any) -> None:
        path = scope["path"]
        self.started.append(path)
        self.rendering.append(path)
        if len(self.rendering) == 4:
            self.all_four.set()
        try:
            await self.may_respond.wait()
        finally:
            self.rendering.remove(path)
        if path == "/broken":
            raise RuntimeError
        await send({"type": "http.response.start"})
        await self.may_end.wait()


@pytest.fixture
async def application(settings: Settings) -> Application:
    settings.PAGES_AT_ONCE = 2
    return Application()


@pytest.fixture
async def request_page(application: Application) -> Request:
    limit = PageLimit(application)

    def begin(path: str, method: str = "GET", address: str = "10.0.0.1") -> asyncio.Task[None]:
        scope = {
            "path": path,
            "method": method,
            "query_string": b"",
            "headers": [],
            "client": (address, 1234),
        }
        return asyncio.create_task(_call(limit(scope, _receive, _send)))

    return begin


async def _call(request: Awaitable[None]) -> None:
    await request


async def _receive() -> Any:
    return {"type": "http.disconnect"}


async def _send(_message: Any) -> None:
    pass


async def settle() -> None:
    for _ in range(10):
        await asyncio.sleep(0)


async def test_a_few_pages_are_rendered_at_a_time(
    application: Application, request_page: Request
) -> None:
    tasks = [request_page(f"/p/{number}") for number in range(6)]
    await settle()
    assert application.rendering == ["/p/0", "/p/1"]
    # A client that reads slowly keeps nobody waiting: the responses have not ended yet.
    application.may_respond.set()
    await settle()
    assert application.started == [f"/p/{number}" for number in range(6)]
    application.may_end.set()
    await asyncio.gather(*tasks)


@pytest.mark.parametrize(
    ("path", "method"),
    [
        ("/api/polls", "GET"),
        ("/api/v1/polls/", "GET"),
        ("/health/ready", "GET"),
        ("/p/7", "POST"),
        # Heavy pages, which another limit handles one at a time.
        ("/manage", "GET"),
        ("/manage/", "GET"),
    ],
)
async def test_requests_for_anything_but_pages_do_not_wait(
    application: Application, request_page: Request, path: str, method: str
) -> None:
    tasks = [request_page(f"/p/{number}") for number in range(3)]
    tasks.append(request_page(path, method))
    await settle()
    assert application.rendering == ["/p/0", "/p/1", path]
    application.may_respond.set()
    application.may_end.set()
    await asyncio.gather(*tasks)


async def test_failures_and_clients_that_leave_give_their_turns_back(
    application: Application, request_page: Request
) -> None:
    broken, leaving = request_page("/broken"), request_page("/p/1")
    waiting = request_page("/p/2")
    await settle()
    for task in (leaving, waiting):
        task.cancel()
    application.may_respond.set()
    application.may_end.set()
    await asyncio.gather(broken, leaving, waiting, return_exceptions=True)
    application.may_respond.clear()
    tasks = [request_page(f"/m/{number}") for number in range(3)]
    await settle()
    assert application.rendering == ["/m/0", "/m/1"]
    application.may_respond.set()
    await asyncio.gather(*tasks)


async def test_a_page_that_has_waited_long_goes_ahead(
    application: Application, request_page: Request, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(page_limit, "MAX_WAIT_S", 0.0)
    tasks = [request_page(f"/p/{number}") for number in range(4)]
    await application.all_four.wait()
    application.may_respond.set()
    application.may_end.set()
    await asyncio.gather(*tasks)


async def test_addresses_take_turns(application: Application, request_page: Request) -> None:
    tasks = [request_page(f"/p/{number}") for number in range(5)]
    tasks.append(request_page("/p/other", address="10.0.0.2"))
    await settle()
    application.may_respond.set()
    application.may_end.set()
    await asyncio.gather(*tasks)
    assert application.started.index("/p/other") < application.started.index("/p/4")
