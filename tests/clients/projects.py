"""Projects with members, created over REST."""

import os

import httpx

from tests.processes import PATIENCE_S, ServerProcess


async def register(client: httpx.AsyncClient, name: str) -> tuple[str, str]:
    """Registers an account; returns its email address and its access token."""
    email = f"{name.lower()}-{os.urandom(6).hex()}@example.org"
    account = {"name": name, "email": email, "password": "correct horse battery"}
    answer = await client.post("/api/auth/register", json=account)
    return email, answer.json()["tokens"]["accessToken"]


async def found_project(server: ServerProcess) -> tuple[str, str, str]:
    """Creates a project with two members; returns its id and their tokens."""
    async with httpx.AsyncClient(base_url=server.url, timeout=PATIENCE_S) as client:
        _, ada = await register(client, "Ada")
        email, grace = await register(client, "Grace")
        headers = {"Authorization": f"Bearer {ada}"}
        created = await client.post("/api/projects", json={"name": "Town hall"}, headers=headers)
        project_id = created.json()["project"]["id"]
        member = {"email": email, "role": "viewer"}
        url = f"/api/projects/{project_id}/members"
        added = await client.post(url, json=member, headers=headers)
        assert added.status_code == 201, added.text
    return project_id, ada, grace
