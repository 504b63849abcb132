"""The lobby's older conversation on two server processes."""

import pytest

from tests.clients import toolchain
from tests.lobby_pages import open_page
from tests.processes import Cluster, rest_client
from tools.services import MissingBinaryError

pytestmark = pytest.mark.services


@pytest.fixture(scope="module", autouse=True)
def _packages() -> None:
    try:
        toolchain.prepare()
    except MissingBinaryError as error:
        pytest.skip(f"{error} is not installed")


async def test_pages_on_two_processes_converse(cluster: Cluster) -> None:
    here, there = cluster.servers
    async with open_page(here, "Ada") as ada, open_page(there, "Grace") as grace:
        await ada.join()
        await grace.join()
        for page in (ada, grace):
            await page.sees(ada, grace)
        await ada.got("userJoined", userId=grace.user_id)
        # As behind a proxy: the copy comes to the other process.
        async with rest_client(there) as other:
            ada.rest = other
            for number, rest_first in enumerate((False, True)):
                answer = await ada.say(f"Hello {number}", str(number), rest_first=rest_first)
                assert answer.status_code == 201, answer.text
                assert answer.json()["data"]["userId"] == ada.user_id
                for page in (ada, grace):
                    said = await page.got("message", userId=ada.user_id)
                    assert said["messageBody"] == f"Hello {number}"
            history = (await other.get("/api/messages")).json()["data"]
            assert [each["userId"] for each in history] == [ada.user_id] * 2
        async with open_page(there, "Mallory", ada.user_id) as mallory:
            await mallory.join()
            assert (await mallory.got("error"))["code"] == "lobby.id_taken"
        await grace.client.disconnect()
        await ada.got("userLeft", userId=grace.user_id)
        await ada.sees(ada)


async def test_a_page_of_a_process_that_was_killed_keeps_its_id(cluster: Cluster) -> None:
    """Nobody else is told, because it comes back soon."""
    here, killed = cluster.servers
    async with open_page(here, "Grace") as grace, open_page(killed, "Ada") as ada:
        await grace.join()
        await ada.join()
        await grace.sees(ada, grace)
        killed.kill()
        await ada.client.printed("disconnect")
        async with open_page(here, "Ada", ada.user_id) as again:
            await again.join()
            await again.sees(again, grace)
            await again.say("Back again", "1", rest_first=False)
            said = await grace.got("message", userId=ada.user_id)
            assert said["messageBody"] == "Back again"
    killed.start()
