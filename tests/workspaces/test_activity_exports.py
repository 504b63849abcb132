"""Exports of activity: their contents, access, and how they are streamed."""

import asyncio
import csv
import io
import json
from collections.abc import AsyncIterator
from typing import Any

import pytest
from django.http import StreamingHttpResponse
from django.test import AsyncClient

from accounts.models import User
from apikit.ids import new_id
from tests.conftest import access_token, actor_of
from tests.workspaces.rows import log, log_many, make_project
from workspaces import activity_exports
from workspaces.activity_exports import ActivityFormat, export_activity_for
from workspaces.activity_log import ActivityFilter
from workspaces.models import Project
from workspaces.permissions import Role

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def project(alice: User, bob: User, charlie: User) -> Project:
    members = (alice, Role.OWNER), (bob, Role.COLLABORATOR), (charlie, Role.VIEWER)
    return make_project(*members, name="Town hall")


async def download(user: User, project: Project, name: str, **query: Any) -> Any:
    token = await asyncio.to_thread(access_token, user)
    return await AsyncClient().get(
        f"/api/projects/{project.id}/{name}", query, headers={"authorization": f"Bearer {token}"}
    )


async def content_of(answer: StreamingHttpResponse) -> bytes:
    assert answer.status_code == 200
    assert isinstance(answer.streaming_content, AsyncIterator)
    return b"".join([chunk async for chunk in answer.streaming_content])


async def test_csv_has_a_line_for_each_activity(project: Project, bob: User) -> None:
    workspace_id = new_id()
    await asyncio.to_thread(log, project, bob, before={"name": "Old"}, after={"name": "Ä"})
    await asyncio.to_thread(log, project, None, name="=1+1", workspace_id=workspace_id)
    answer = await download(bob, project, "activity.csv")
    assert answer.headers["Content-Type"] == "text/csv; charset=utf-8"
    assert answer.headers["Content-Disposition"] == 'attachment; filename="Town-hall-activity.csv"'
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    text = (await content_of(answer)).decode()
    assert text.startswith("\ufeffNumber,Time (UTC),Person,")
    first, second = csv.DictReader(io.StringIO(text.removeprefix("\ufeff"), newline=""))
    assert (first["Number"], first["Person"], first["Person id"]) == ("1", "Bob", str(bob.id))
    assert (first["Before"], first["After"]) == ('{"name": "Old"}', '{"name": "Ä"}')
    assert (second["Person"], second["Name"]) == ("", "'=1+1")
    assert second["Workspace id"] == str(workspace_id)


async def test_json_has_all_activities(project: Project, alice: User) -> None:
    await asyncio.to_thread(log, project, alice)
    await asyncio.to_thread(log, project, None)
    body = json.loads(await content_of(await download(alice, project, "activity.json")))
    assert set(body) == {"exportedAt", "project", "activities"}
    assert body["project"] == {"id": str(project.id), "name": "Town hall"}
    assert [each["seq"] for each in body["activities"]] == [1, 2]
    assert body["activities"][0]["actor"] == {"id": str(alice.id), "name": "Alice"}


async def test_exports_take_the_filters_of_the_list(project: Project, alice: User) -> None:
    for verb in ("project.changed", "member.left", "project.changed"):
        await asyncio.to_thread(log, project, alice, verb=verb)
    for query, found in (({"verb": "project.changed"}, [1, 3]), ({"after": 2}, [3])):
        answer = await download(alice, project, "activity.json", **query)
        body = json.loads(await content_of(answer))
        assert [each["seq"] for each in body["activities"]] == found


async def test_an_empty_export_is_valid(project: Project, alice: User) -> None:
    body = json.loads(await content_of(await download(alice, project, "activity.json")))
    assert body["activities"] == []


async def test_viewers_may_not_export(project: Project, charlie: User) -> None:
    for name in ("activity.csv", "activity.json"):
        answer = await download(charlie, project, name)
        assert (answer.status_code, answer.json()["code"]) == (403, "project.not_allowed")


async def test_rows_are_read_in_chunks_as_the_client_reads(
    project: Project, alice: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(activity_exports, "CHUNK_ROWS", 10)
    await asyncio.to_thread(log_many, project, alice, 25)
    narrow = ActivityFilter()
    export = await asyncio.to_thread(
        export_activity_for, actor_of(alice), project.id, narrow, ActivityFormat.CSV
    )
    chunks = aiter(export.content)
    assert (await anext(chunks)).count(b"\r\n") == 1
    assert (await anext(chunks)).count(b"\r\n") == 10
    # What is recorded after the export began is not part of it.
    await project.arefresh_from_db()
    await asyncio.to_thread(log, project, alice)
    assert [chunk.count(b"\r\n") async for chunk in chunks] == [10, 5]
