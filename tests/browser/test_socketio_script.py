"""The Socket.IO client that the server provides, as a script on a page."""

import pytest

from tests.browser.browsing import until
from tests.browser.conftest import Visitor
from tests.browser.site import Site
from tests.browser.test_live_socket import make_poll, vote

FOLLOW = """
([url, options, pollId]) => {
  window.seen = {};
  const socket = io(url, options);
  socket.onAny((name, payload) => (seen[name] = payload));
  socket.on("connect", () => socket.emit("join-poll", pollId));
  socket.io.on("open", () => socket.io.engine.on("upgrade", () => (seen.upgraded = true)));
}
"""


async def test_a_page_of_the_site_connects_with_the_session(visit: Visitor, site: Site) -> None:
    """It polls first, then upgrades. The session's user may see the draft."""
    person = await visit()
    await person.sign_in(site.presenter)
    poll = make_poll(site, site.presenter, isPublished=False)
    page = await person.open("/manage")
    await page.add_script_tag(url="/socket.io/socket.io.js")
    await page.evaluate(FOLLOW, ["/", {}, poll["id"]])
    await until(page, "seen.upgraded && seen['poll-data']")


@pytest.mark.parametrize("name", ["socket.io.js", "socket.io.min.js"])
async def test_a_page_of_another_site_connects_as_a_visitor(
    visit: Visitor, site: Site, host_site: str, name: str
) -> None:
    poll = make_poll(site, site.presenter)
    page = await (await visit()).open(f"{host_site}/today?about:blank")
    await page.add_script_tag(url=f"{site.url}/socket.io/{name}")
    await page.evaluate(FOLLOW, [site.url, {"transports": ["websocket"]}, poll["id"]])
    await until(page, "seen['poll-data']")
    vote(site, poll)
    await until(page, "seen['vote-update']?.poll.totalVotes === 1")
