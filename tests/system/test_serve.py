"""The product as operators start it: ``make serve`` and ``make run``, and what stops the start."""

import json
import os
import re
import signal
import socket
import sqlite3
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.processes import (
    MANAGE,
    PATIENCE_S,
    SECRETS,
    Cluster,
    ServerProcess,
    create_guests,
    create_poll,
    open_sockets,
    rest_client,
    run_manage,
    vote_by_rest,
)
from tools.services import create_database, free_port, wait_until

UNSET = {"DATABASE_URL", "REDIS_URL", "DJANGO_SETTINGS_MODULE", "PORT", *SECRETS}


def operators_environment(directory: Path) -> dict[str, str]:
    """That of an operator who has set nothing."""
    kept = {name: value for name, value in os.environ.items() if name not in UNSET}
    return kept | {"ENVIRONMENT": "development", "VAR_DIR": str(directory / "var")}


@pytest.fixture
def environment(tmp_path: Path) -> dict[str, str]:
    return operators_environment(tmp_path)


@pytest.fixture
def production(environment: dict[str, str]) -> dict[str, str]:
    return environment | SECRETS | {"ENVIRONMENT": "production"}


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"REDIS_URL": ""}, "REDIS_URL must be set in production."),
        (
            {"DATABASE_URL": "postgres://ada:s3cret@127.0.0.1:1/polls"},
            (
                "CommandError: The database (PostgreSQL, polls at 127.0.0.1:1) does not work: "
                'connection failed: connection to server at "127.0.0.1", port 1 failed: '
                "Connection refused. Check DATABASE_URL."
            ),
        ),
    ],
)
def test_what_is_not_right_stops_the_start_with_a_sentence(
    production: dict[str, str], changes: dict[str, str], sentence: str
) -> None:
    services = {"DATABASE_URL": "postgres://localhost/x", "REDIS_URL": "redis://localhost"}
    free = {"PORT": str(free_port())}
    refused = run_manage(production | services | free | changes, "serve")
    assert refused.returncode == 1
    assert refused.stderr.strip() == sentence


@pytest.mark.parametrize("command", [["migrate"], ["createsuperuser", "--noinput"]])
def test_commands_say_in_a_line_that_the_database_is_away(
    production: dict[str, str], command: list[str]
) -> None:
    """With a pool, the reason would be lost in its log."""
    services = {"DATABASE_URL": "postgres://a:s3cret@127.0.0.1:1/x", "REDIS_URL": "redis://h"}
    email = {"DJANGO_SUPERUSER_EMAIL": "a@example.org", "DJANGO_SUPERUSER_NAME": "A"}
    refused = run_manage(production | services | email, *command)
    assert refused.returncode == 1
    [sentence] = refused.stderr.strip().splitlines()
    assert "Connection refused. Check DATABASE_URL." in sentence
    assert "s3cret" not in sentence


@pytest.mark.parametrize(
    ("public_url", "complaints"),
    [("https://polls.example.org", []), ("http://polls.example.org", ["W010"])],
)
def test_the_check_for_deployment_complains_only_about_what_is_wrong(
    production: dict[str, str], public_url: str, complaints: list[str]
) -> None:
    needed = {"DATABASE_URL": "postgres://ada:s3cret@db/polls", "REDIS_URL": "redis://cache"}
    secret = SECRETS["SECRET_KEY"] * 2  # as long as Django advises
    environment = production | needed | {"PUBLIC_URL": public_url, "SECRET_KEY": secret}
    checked = run_manage(environment, "check", "--deploy", "--fail-level=INFO")
    assert re.findall(r"\((?:\w+)\.(\w+)\)", checked.stderr) == complaints
    assert checked.returncode == (1 if complaints else 0)


def test_secrets_can_be_made_before_there_are_any(environment: dict[str, str]) -> None:
    made = run_manage(environment | {"ENVIRONMENT": "production"}, "generate_secrets")
    assert made.returncode == 0
    assert set(re.findall(r"^(\w+)=\S{32,}$", made.stdout, re.MULTILINE)) > set(SECRETS)


@pytest.mark.services
def test_a_database_without_tables_is_told_apart(
    production: dict[str, str], tmp_path: Path
) -> None:
    url = create_database(os.environ["DATABASE_URL"], f"empty_{os.getpid()}")
    services = {"DATABASE_URL": url, "REDIS_URL": "redis://h", "PORT": str(free_port())}
    refused = run_manage(production | services, "serve")
    assert refused.returncode == 1
    assert re.search(r"lacks \d+ migrations. Run make migrate", refused.stderr)


def test_a_port_in_use_is_said_in_a_line(environment: dict[str, str], tmp_path: Path) -> None:
    """And nothing has been made by then."""
    with socket.create_server(("0.0.0.0", 0)) as taken:
        port = taken.getsockname()[1]
        refused = run_manage(environment | {"PORT": str(port)}, "run")
    assert refused.returncode == 1
    [sentence] = refused.stderr.strip().splitlines()
    assert f"Port {port} is in use" in sentence
    assert not (tmp_path / "var" / "tallyroom.sqlite3").exists()


def test_serving_several_processes_is_for_production(environment: dict[str, str]) -> None:
    refused = run_manage(environment, "serve")
    assert refused.returncode == 1
    assert "ENVIRONMENT=production" in refused.stderr


def read_json(url: str) -> dict[str, object]:
    with urllib.request.urlopen(url, timeout=PATIENCE_S) as answer:
        body: dict[str, object] = json.load(answer)
        return body


@dataclass(frozen=True, slots=True)
class Run:
    """``make run`` with nothing there, its database where somebody wants it, and how it ended."""

    directory: Path
    server: ServerProcess
    polls: list[dict[str, Any]]
    secrets: str
    status: int


@pytest.fixture(scope="module")
def first_run(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Run]:
    """The first run, which was stopped with SIGINT; the second one is running."""
    directory = tmp_path_factory.mktemp("run")
    environment = operators_environment(directory) | {
        "DATABASE_URL": f"sqlite:///{directory / 'elsewhere.sqlite3'}"
    }
    server = ServerProcess([*MANAGE, "run"], environment, directory / "server.log")
    server.start()
    # It is written once the server listens, so perhaps a moment after the first answer.
    wait_until(lambda: "Ctrl+C" in server.log.read_text(), "the welcome", PATIENCE_S)
    polls: Any = read_json(f"{server.url}/api/polls?limit=50")["polls"]
    server.signal(signal.SIGINT)
    status = server.wait()
    secrets = (directory / "var" / "secrets.json").read_text()
    server.start()
    yield Run(directory, server, polls, secrets, status)
    server.stop()


def test_embedded_it_shows_something_and_keeps_its_data(first_run: Run) -> None:
    # Of all kinds; another one is a draft of the team.
    assert len(first_run.polls) == 15
    assert all(
        poll["totalVotes"] or poll["resultsVisibility"] != "always" for poll in first_run.polls
    )
    welcome = first_run.server.log.read_text()
    assert f"http://localhost:{first_run.server.port}" in welcome
    code = re.search(r"with the code (\d+): http://\S+/p/\1$", welcome, re.MULTILINE)
    assert code is not None
    assert read_json(f"{first_run.server.url}/api/polls/code/{code[1]}")["poll"]
    assert re.search(r"Staff +staff@tallyroom.example +\S{12}", welcome)
    with sqlite3.connect(first_run.directory / "elsewhere.sqlite3") as connection:
        assert connection.execute("SELECT count(*) FROM polls_poll").fetchone() == (16,)
    assert read_json(f"{first_run.server.url}/api/polls?limit=50")["polls"] == first_run.polls


def test_secrets_for_development_are_made_once_and_are_nobody_elses(first_run: Run) -> None:
    path = first_run.directory / "var" / "secrets.json"
    assert path.stat().st_mode & 0o777 == 0o600
    assert path.read_text() == first_run.secrets


def test_embedded_it_stops_when_it_is_told_to(first_run: Run) -> None:
    assert first_run.status in {0, -signal.SIGINT}
    assert "Traceback" not in first_run.server.log.read_text()


@pytest.fixture
def workers(cluster: Cluster, tmp_path: Path) -> Iterator[ServerProcess]:
    """Two worker processes on one port."""
    environment = cluster.environment | {"WEB_PROCESSES": "2", "VAR_DIR": str(tmp_path)}
    server = ServerProcess([*MANAGE, "serve"], environment, tmp_path / "server.log")
    server.start()
    yield server
    server.stop()


def workers_at(server: ServerProcess, tmp_path: Path) -> set[str]:
    """The process ids that have written figures."""
    names = (tmp_path / "metrics" / str(server.port)).glob("*_*.db")
    return {re.sub(r".*_(\d+)\.db", r"\1", path.name) for path in names}


@pytest.mark.services
async def test_several_workers_share_a_port_and_a_set_of_figures(
    workers: ServerProcess, tmp_path: Path
) -> None:
    poll = await create_poll(workers)
    tokens = await create_guests(workers, 20)
    async with open_sockets(workers, [None] * 10) as sockets:
        for socket in sockets:
            await socket.join(poll)
        for token in tokens:
            # A connection for each, so that both workers get some.
            async with rest_client(workers) as client:
                answer = await vote_by_rest(client, token, poll, poll.option_ids[0])
                assert answer.status == 201
        assert len(workers_at(workers, tmp_path)) >= 2
        said = workers.log.read_text()
        assert f"0.0.0.0:{workers.port}" in said or f"127.0.0.1:{workers.port}" in said
        assert "PUBLIC_URL is not set" in said
        assert 'tallyroom_ballots_total{outcome="accepted"} 20.0' in workers.metrics()
        workers.signal(signal.SIGTERM)
        assert {await socket.closed_with() for socket in sockets} == {4000}
    assert workers.wait() in {0, -signal.SIGTERM}
    assert "Traceback" not in workers.log.read_text()
