"""Conditional requests through nginx, which compresses and so weakens every ETag it passes on."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.processes import PATIENCE_S, Cluster, create_poll
from tests.system.test_nginx_retries import run_nginx

pytestmark = pytest.mark.services

# nginx compresses what is longer than gzip_min_length.
OPTIONS = [f"Option {number} {'of many ' * 5}" for number in range(30)]


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    static = tmp_path_factory.mktemp("static")
    (static / "page.css").write_text("body { color: black }\n" * 200)
    cluster = Cluster(tmp_path_factory.mktemp("cluster"), STATIC_ROOT=str(static))
    yield cluster
    cluster.stop()


@pytest.fixture
def site(cluster: Cluster, tmp_path: Path) -> Iterator[str]:
    nginx, url = run_nginx(tmp_path, *(f"127.0.0.1:{each.port}" for each in cluster.servers))
    yield url
    nginx.terminate()
    nginx.wait()


def weak_tag(response: httpx.Response) -> str:
    assert response.status_code in {200, 201}, response.text
    assert response.headers["Content-Encoding"] == "gzip"
    assert response.headers["ETag"].startswith('W/"')
    return str(response.headers["ETag"])


async def test_every_weakened_tag_of_a_poll_is_accepted_and_only_while_it_is_current(
    site: str, cluster: Cluster
) -> None:
    author = await create_poll(cluster.servers[0])
    async with httpx.AsyncClient(
        base_url=site, headers=author.headers, timeout=PATIENCE_S
    ) as client:
        body = {"question": "Which one?", "options": OPTIONS}
        created = await client.post("/api/polls", json=body)
        poll = created.json()["poll"]
        address, by_code = f"/api/polls/{poll['id']}", f"/api/polls/code/{poll['joinCode']}"

        async def change(method: str, path: str, tag: str, **options: Any) -> httpx.Response:
            headers = {"If-Match": tag}
            return await client.request(method, address + path, headers=headers, **options)

        first = weak_tag(await client.get(address))
        # nginx compresses no 201.
        assert first == f"W/{created.headers['ETag']}"
        assert weak_tag(await client.get(by_code)) == first
        tag = first
        for method, path, options in (
            ("PATCH", "", {"json": {"question": "Which of these?"}}),
            ("PUT", "", {"json": {"question": "Which of them?"}}),
            ("PUT", "/publish", {}),
            ("PUT", "/close", {}),
            ("PUT", "/reopen", {}),
        ):
            changed = await change(method, path, tag, **options)
            refused = await change(method, path, tag, **options)
            assert (refused.status_code, refused.json()["code"]) == (412, "precondition_failed")
            tag = weak_tag(changed)
            assert weak_tag(await client.get(address)) == tag
        assert (await change("DELETE", "", first)).status_code == 412
        assert (await change("DELETE", "", tag)).status_code == 200


async def test_a_repeated_request_has_the_tag_of_the_first_response(
    site: str, cluster: Cluster
) -> None:
    author = await create_poll(cluster.servers[0])
    headers = author.headers | {"Idempotency-Key": "k" * 16}
    async with httpx.AsyncClient(base_url=site, headers=headers, timeout=PATIENCE_S) as client:
        body = {"options": OPTIONS}
        sent = [await client.patch(f"/api/polls/{author.id}", json=body) for _ in range(2)]
    assert [response.headers.get("Idempotent-Replayed") for response in sent] == [None, "true"]
    tags = [weak_tag(response) for response in sent]
    assert tags[0] == tags[1]


@pytest.mark.parametrize("method", ["GET", "HEAD"])
async def test_a_file_is_not_sent_again_under_the_tag_it_came_with(site: str, method: str) -> None:
    async with httpx.AsyncClient(base_url=site, timeout=PATIENCE_S) as client:
        tag = weak_tag(await client.get("/static/page.css"))
        for known in (tag, f'"other", {tag}', "*"):
            headers = {"If-None-Match": known}
            kept = await client.request(method, "/static/page.css", headers=headers)
            assert (kept.status_code, kept.content) == (304, b"")
        headers = {"If-None-Match": 'W/"other"'}
        sent = await client.request(method, "/static/page.css", headers=headers)
        assert sent.status_code == 200


async def test_results_are_never_taken_for_unchanged(site: str, cluster: Cluster) -> None:
    """A vote changes what is sent and not the tag, so ``If-None-Match`` has no effect."""
    author = await create_poll(cluster.servers[0])
    async with httpx.AsyncClient(base_url=site, timeout=PATIENCE_S) as client:
        address = f"/api/polls/{author.id}"
        tag = (await client.get(address)).headers["ETag"]
        for known in (tag, f"W/{tag}", "*"):
            read = await client.get(address, headers={"If-None-Match": known})
            assert (read.status_code, read.json()["poll"]["id"]) == (200, author.id)
