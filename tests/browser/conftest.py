"""One site and one Chromium for all tests here, and a browser for each person in a test.

All tests share Chromium's event loop. An error in a browser fails its test: a console error, a
violation of the Content-Security-Policy, or an unexpected status.
"""

from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AbstractAsyncContextManager, AsyncExitStack
from html import escape
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any
from urllib.parse import unquote, urlsplit

import pytest
import pytest_asyncio
from playwright.async_api import Browser, expect

from tests.browser.browsing import Visit, running_chromium, visiting
from tests.browser.site import Site, running_site
from tools.services import MissingBinaryError, find_binary

HERE = Path(__file__).parent

# Long enough for slow machines. Pages without sockets poll every five seconds, which is also the
# default timeout of Playwright.
expect.set_options(timeout=30_000)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Runs the tests here on one event loop."""
    for item in items:
        if HERE not in item.path.parents:
            continue
        if pytest_asyncio.is_async_test(item):
            item.add_marker(pytest.mark.asyncio(loop_scope="session"), append=False)


@pytest.fixture(scope="session")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    try:
        find_binary("chromium")
    except MissingBinaryError:
        pytest.skip("chromium is not installed")
    with running_site(tmp_path_factory.mktemp("site")) as site:
        yield site


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def chromium(site: Site) -> AsyncIterator[Browser]:
    async with running_chromium() as browser:
        yield browser


NewVisit = Callable[..., AbstractAsyncContextManager[Visit]]
Visitor = Callable[..., Any]


@pytest_asyncio.fixture(loop_scope="session")
async def visit(chromium: Browser, site: Site) -> AsyncIterator[Visitor]:
    """``await visit(device=PHONE)`` opens a person's browser at the site."""
    visits: list[Visit] = []
    async with AsyncExitStack() as stack:

        async def begin(**options: Any) -> Visit:
            begun = await stack.enter_async_context(visiting(chromium, site.url, **options))
            visits.append(begun)
            return begun

        yield begin
    for each in visits:
        each.assert_nothing_went_wrong()


class NewsPage(BaseHTTPRequestHandler):
    """A page of another site, with the address in its query in a frame."""

    def do_GET(self) -> None:
        source = escape(unquote(urlsplit(self.path).query))
        html = (
            '<!doctype html><html lang="en"><title>News</title><main><h1>News</h1>'
            f'<iframe title="Poll" width="600" height="700" src="{source}"></iframe></main>'
        )
        self.send_response(200)
        self.send_header("Content-Type", "text/html")
        self.end_headers()
        self.wfile.write(html.encode())

    def log_message(self, *args: object) -> None:
        pass


@pytest.fixture
def host_site() -> Iterator[str]:
    """The address of another site: ``localhost`` is none of 127.0.0.1's."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), NewsPage)
    thread = Thread(target=server.serve_forever)
    thread.start()
    yield f"http://localhost:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()
