"""Server processes as operators start them, and clients that talk to them over the network."""

import asyncio
import itertools
import json
import os
import signal
import subprocess
import sys
import urllib.request
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import psycopg
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

from tools.services import RedisServer, create_database, free_port, wait_until

ROOT = Path(__file__).resolve().parent.parent
PATIENCE_S = 60.0
MANAGE = (sys.executable, str(ROOT / "manage.py"))

# Long and mixed enough for production.
SECRETS = {
    name: f"9f3kZq7Lw2xVb5Tn8RcY-of-{name}"
    for name in ("SECRET_KEY", "JWT_SECRET", "JWT_REFRESH_SECRET")
}
Frame = dict[str, Any]


def run_manage(environment: dict[str, str], *arguments: str) -> "subprocess.CompletedProcess[str]":
    """``manage.py`` with these arguments, to its end."""
    return subprocess.run(
        [*MANAGE, *arguments],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )


_templates: dict[str, str] = {}


def create_migrated_database(server_url: str, name: str, environment: dict[str, str]) -> str:
    """A database with all tables and nothing in them; returns its address.

    Migrating takes seconds, so it is done once for each server, and copied from then on.
    """
    template = _templates.get(server_url)
    if template is None:
        template = _templates[server_url] = f"template_{os.getpid()}"
        url = create_database(server_url, template)
        run_manage(environment | {"DATABASE_URL": url}, "migrate", "--verbosity=0")
    return create_database(server_url, name, template=template)


class ServerProcess:
    """One process of the product, on a port of its own, that can be killed and started again."""

    def __init__(self, command: Iterable[str], environment: dict[str, str], log: Path) -> None:
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.ws_url = f"ws://127.0.0.1:{self.port}/ws"
        self.log = log
        self._command = [part.format(port=self.port) for part in command]
        self._environment = environment | {"PORT": str(self.port)}
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Starts it, and waits until it answers."""
        self.launch()
        self.wait_until_ready()

    def launch(self) -> None:
        """Starts it."""
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(
                self._command, cwd=ROOT, env=self._environment, stdout=log, stderr=log
            )

    @property
    def is_running(self) -> bool:
        """Whether the process was started and has not ended."""
        return self._process is not None and self._process.poll() is None

    def wait_until_ready(self, path: str = "/health/ready") -> None:
        """Waits until ``path`` answers with 200. ``/health`` also checks the channel layer.

        A process that does not in time is killed: its callers would not stop it.
        """
        try:
            wait_until(lambda: self._answers(path), "the server", PATIENCE_S)
        except TimeoutError as error:
            self.kill()
            raise TimeoutError(f"{error}: {self.log.read_text()[-2000:]}") from error

    @property
    def pid(self) -> int:
        """The id of the running process."""
        assert self._process is not None
        return self._process.pid

    def manage(self, *arguments: str) -> "subprocess.CompletedProcess[str]":
        """Runs one of the product's commands with the server's settings."""
        return run_manage(self._environment, *arguments)

    def signal(self, number: signal.Signals) -> None:
        assert self._process is not None
        self._process.send_signal(number)

    def wait(self) -> int:
        """The status it ends with."""
        assert self._process is not None
        return self._process.wait(PATIENCE_S)

    def kill(self) -> None:
        """As if the machine had lost it."""
        self.signal(signal.SIGKILL)
        self.wait()

    def stop(self) -> None:
        if self.is_running:
            self.signal(signal.SIGTERM)
            self.wait()

    def metrics(self) -> str:
        with urllib.request.urlopen(f"{self.url}/metrics", timeout=PATIENCE_S) as answer:
            return str(answer.read().decode())

    def _answers(self, path: str) -> bool:
        assert self._process is not None
        if self._process.poll() is not None:
            raise AssertionError(f"The server did not start: {self.log.read_text()[-4000:]}")
        try:
            with urllib.request.urlopen(f"{self.url}{path}", timeout=2) as answer:
                return bool(answer.status == 200)
        except OSError:
            return False


class Cluster:
    """Two server processes on a database and a Redis of their own.

    The database is on the server that all tests share, unless ``postgres_url`` names another.
    """

    _numbers = itertools.count(1)

    def __init__(
        self, directory: Path, *, postgres_url: str | None = None, **settings: str
    ) -> None:
        self.redis = RedisServer()
        self.redis.start()
        name = f"cluster_{os.getpid()}_{next(self._numbers)}"
        postgres_url = postgres_url or os.environ["DATABASE_URL"]
        self.environment = {
            name: value for name, value in os.environ.items() if not name.startswith("DJANGO_")
        } | {
            "ENVIRONMENT": "production",
            "REDIS_URL": self.redis.url,
            **SECRETS,
            "DRAIN_SECONDS": "0",
            "HOST": "127.0.0.1",
            "VAR_DIR": str(directory),
            "WEB_PROCESSES": "1",
            "JOB_WORKERS": "0",
            "RATE_LIMIT_MAX_REQUESTS": "0",
            "WS_MAX_COMMANDS_PER_SECOND": "100000",
            **settings,
        }
        self.database_url = create_migrated_database(postgres_url, name, self.environment)
        self.environment["DATABASE_URL"] = self.database_url
        self.servers = [
            ServerProcess(
                [*MANAGE, "serve"],
                self.environment | {"SOCKET_IO_NODE": f"web{number}"},
                directory / f"server-{number}.log",
            )
            for number in (1, 2)
        ]
        for server in self.servers:
            server.launch()
        try:
            for server in self.servers:
                server.wait_until_ready()
        except TimeoutError:
            self.stop()
            raise

    def manage(self, *arguments: str) -> "subprocess.CompletedProcess[str]":
        """Runs one of the product's commands on the cluster's database."""
        return run_manage(self.environment, *arguments)

    def query(self, sql: str, *values: Any) -> list[tuple[Any, ...]]:
        """Asks the database directly."""
        with psycopg.connect(self.database_url) as connection:
            return connection.execute(sql, values).fetchall()

    def restore(self) -> None:
        """Starts what a test has ended, and waits until everything works again."""
        if not self.redis.is_running:
            self.redis.start()
        for server in self.servers:
            if not server.is_running:
                server.launch()
        for server in self.servers:
            server.wait_until_ready("/health")

    def stop(self) -> None:
        for server in self.servers:
            server.stop()
        self.redis.stop()


@dataclass(slots=True)
class PollHandle:
    """A poll, as its creator knows it."""

    id: str
    option_ids: list[str]
    headers: dict[str, str]


async def create_poll(
    server: ServerProcess, headers: dict[str, str] | None = None, **fields: Any
) -> PollHandle:
    """A poll of the account that ``headers`` sign in, or of a new one."""
    async with httpx.AsyncClient(base_url=server.url, timeout=PATIENCE_S) as client:
        headers = headers or await _register(client)
        body = {
            "question": "Tea or coffee?",
            "options": ["Tea", "Coffee", "Water"],
            "isPublished": True,
            **fields,
        }
        poll = (await client.post("/api/polls", json=body, headers=headers)).json()["poll"]
    return PollHandle(poll["id"], [option["id"] for option in poll["options"]], headers)


async def _register(client: httpx.AsyncClient) -> dict[str, str]:
    email = f"ada-{os.urandom(6).hex()}@example.org"
    account = {"name": "Ada", "email": email, "password": "correct horse battery"}
    registered = await client.post("/api/auth/register", json=account)
    return {"Authorization": f"Bearer {registered.json()['tokens']['accessToken']}"}


async def create_guests(server: ServerProcess, count: int) -> list[str]:
    """The access tokens of so many guests."""
    gate = asyncio.Semaphore(10)
    async with httpx.AsyncClient(base_url=server.url, timeout=PATIENCE_S) as client:

        async def create() -> str:
            async with gate:
                answer = await client.post("/api/auth/guest", json={})
                return str(answer.json()["tokens"]["accessToken"])

        return await asyncio.gather(*(create() for _ in range(count)))


@asynccontextmanager
async def rest_client(server: ServerProcess) -> AsyncIterator[httpx.AsyncClient]:
    """Connections to one process, as many as are needed at once."""
    async with httpx.AsyncClient(base_url=server.url, timeout=PATIENCE_S) as client:
        yield client


@dataclass(frozen=True, slots=True)
class VoteResult:
    """The result of a vote; ``status`` is that of REST, also for votes over sockets."""

    status: int
    body: dict[str, Any]
    retry_after: str | None = None

    @property
    def is_acknowledged(self) -> bool:
        return self.status in {200, 201}


async def vote_by_rest(
    client: httpx.AsyncClient, token: str, poll: PollHandle, option_id: str, key: str | None = None
) -> VoteResult:
    headers = {"Authorization": f"Bearer {token}"}
    answer = await client.post(
        f"/api/polls/{poll.id}/vote",
        json={"pollOptionId": option_id},
        headers=headers | ({"Idempotency-Key": key} if key else {}),
    )
    return VoteResult(answer.status_code, answer.json(), answer.headers.get("Retry-After"))


_OUTCOMES = {"accepted": 201, "changed": 200}
_CODES = {
    "vote.duplicate": 409,
    "poll.closed": 409,
    "server.unavailable": 503,
    "vote.busy": 503,
    "vote.in_doubt": 503,
}


async def vote_by_socket(
    socket: "Socket", poll: PollHandle, option_id: str, key: str | None = None
) -> VoteResult:
    body = {"pollId": poll.id, "pollOptionId": option_id, **({"key": key} if key else {})}
    reply = await socket.call("cast-vote", **body)
    status = _OUTCOMES[reply["outcome"]] if "outcome" in reply else _CODES[reply["code"]]
    return VoteResult(status, reply)


class Socket:
    """A WebSocket client that reads all the time, as a phone in somebody's hand does."""

    def __init__(self, connection: ClientConnection) -> None:
        self.frames: list[Frame] = []
        self.versions: list[int] = []
        self.tally: Frame | None = None
        self._connection = connection
        self._refs = itertools.count(1)
        self._waiting: dict[int, asyncio.Future[Frame]] = {}
        self._reader = asyncio.create_task(self._read())
        self.is_open = True

    async def call(self, command: str, **body: Any) -> Frame:
        """Sends a command; its reply or error."""
        ref = next(self._refs)
        self._waiting[ref] = asyncio.get_running_loop().create_future()
        await self._connection.send(json.dumps({"type": command, "ref": ref, **body}))
        # Up to Python 3.11, wait_for() can swallow a cancellation.
        async with asyncio.timeout(PATIENCE_S):
            return await self._waiting[ref]

    async def join(self, poll: PollHandle) -> Frame:
        reply = await self.call("join-poll", pollId=poll.id)
        self._note_tally(reply["poll"]["version"], reply["poll"])
        return reply

    async def closed_with(self) -> int | None:
        """The code the server closed with; None when the line just broke."""
        await asyncio.wait_for(self._reader, PATIENCE_S)
        return self._connection.close_code

    async def close(self) -> None:
        await self._connection.close()
        await self._reader

    async def _read(self) -> None:
        try:
            async for text in self._connection:
                self._take(json.loads(text))
        except ConnectionClosed:
            pass
        finally:
            self.is_open = False
            for waiting in self._waiting.values():
                if not waiting.done():
                    waiting.set_exception(ConnectionError("the socket was closed"))

    def _take(self, frame: Frame) -> None:
        waiting = self._waiting.pop(frame.get("ref") or 0, None)
        if waiting is not None and not waiting.done():
            waiting.set_result(frame)
            return
        self.frames.append(frame)
        if frame["type"] == "vote-update":
            self._note_tally(frame["version"], frame["poll"])

    def _note_tally(self, version: int, tally: Frame) -> None:
        """What a client does: it shows what is newer, and ignores the rest."""
        if not self.versions or version > self.versions[-1]:
            self.tally = tally
        self.versions.append(version)


@asynccontextmanager
async def open_sockets(
    server: ServerProcess, tokens: Iterable[str | None]
) -> AsyncIterator[list[Socket]]:
    """A socket for each token, or for a visitor; closed in the end."""
    sockets = []
    for token in tokens:
        address = server.ws_url + (f"?token={token}" if token else "")
        connection = await connect(address, compression=None, open_timeout=PATIENCE_S)
        sockets.append(Socket(connection))
    try:
        yield sockets
    finally:
        for socket in sockets:
            await socket.close()


async def eventually(is_true: Callable[[], bool], what: str) -> None:
    """Returns as soon as it is true; a test that waits in vain fails."""
    try:
        async with asyncio.timeout(PATIENCE_S):
            while not is_true():  # noqa: ASYNC110
                await asyncio.sleep(0.02)
    except TimeoutError:
        raise AssertionError(f"never came true: {what}") from None


def counts_of(tally: Frame | None) -> list[int]:
    """The numbers a client shows."""
    return [] if tally is None else [option["voteCount"] for option in tally["options"]]


@dataclass(slots=True)
class VoteLog:
    """The results that voters received, to compare with the database."""

    acknowledged: dict[str, str] = field(default_factory=dict)
    refused: list[VoteResult] = field(default_factory=list)
    unanswered: int = 0

    async def record(self, token: str, option_id: str, answer: Awaitable[VoteResult]) -> None:
        """Waits for the answer to a vote, if one comes, and writes it down."""
        try:
            result = await answer
        except (httpx.TransportError, ConnectionError, OSError, ConnectionClosed, TimeoutError):
            self.unanswered += 1
            return
        if result.is_acknowledged:
            self.acknowledged[token] = option_id
        else:
            self.refused.append(result)
