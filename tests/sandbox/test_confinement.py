"""What native code can do in the confined process, as if it had broken out of WebAssembly.

Each attempt would succeed outside: `test_the_probe_works_outside` runs the same ones.
"""

import json
import os
import platform
import signal
import socket
import subprocess
import sys
import textwrap
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from sandbox import confinement, landlock, seccomp
from sandbox.confinement import UNPRIVILEGED_ID, explain_unavailable
from sandbox.errors import SandboxUnavailableError
from sandbox.limits import MIB
from sandbox.process import ConfinedProcess
from sandbox.runner import run_program
from sandbox.syscalls import ARCHITECTURES
from tests.sandbox.conftest import LIMITS, Probe

# Defines `attempts`, which collects what each attempt raised: a name of an errno, or None.
ATTEMPTS = textwrap.dedent("""
    def attempt(action):
        try:
            action()
        except OSError as error:
            return errno.errorcode[error.errno]
        except (RuntimeError, ValueError):
            return "EPERM"  # a thread or limit, for which Python hides the errno

    libc = ctypes.CDLL(None, use_errno=True)

    def call(*arguments):
        if libc.syscall(*map(ctypes.c_long, arguments)) < 0:
            raise OSError(ctypes.get_errno(), "")

    def fork():
        if (child := os.fork()) == 0:
            os._exit(0)
        os.waitpid(child, 0)

    def make_executable():
        address = libc.mmap(None, 4096, 7, 0x22, -1, 0)
        if ctypes.c_long(address).value == -1:
            raise OSError(ctypes.get_errno(), "")

    def connect(family, address):
        with socket.socket(family) as client:
            client.connect(address)

    def send_datagram():
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as client:
            client.sendto(b"x", ("127.0.0.1", 9))

    def bind():
        with socket.socket() as server:
            server.bind(("127.0.0.1", 0))

    attempts = {
        "read a file": lambda: open("/etc/passwd").close(),
        "list a directory": lambda: os.listdir("/"),
        "look at a file": lambda: os.stat("/etc/passwd"),
        "follow a link": lambda: os.readlink("/proc/self/exe"),
        "write a file": lambda: open(f"{folder}/written", "w").close(),
        "make a directory": lambda: os.mkdir(f"{folder}/{os.getpid()}"),
        "read /proc": lambda: open("/proc/self/environ").close(),
        "read memory of the parent": lambda: open(f"/proc/{parent}/mem").close(),
        "connect by TCP": lambda: connect(socket.AF_INET, ("127.0.0.1", port)),
        "listen": bind,
        "send by UDP": send_datagram,
        "connect to a unix socket": lambda: connect(socket.AF_UNIX, f"{folder}/socket"),
        "connect to an abstract socket": lambda: connect(socket.AF_UNIX, f"\\0{folder}/socket"),
        "make a pair of sockets": lambda: [each.close() for each in socket.socketpair()],
        "fork": fork,
        "start a thread": lambda: threading.Thread(target=int).start(),
        "signal the parent": lambda: os.kill(parent, 0),
        "signal itself": lambda: os.kill(os.getpid(), 0),
        "make memory executable": make_executable,
        "make a file in memory": lambda: os.close(os.memfd_create("x")),
        "duplicate a descriptor": lambda: os.close(os.dup(1)),
        "raise a limit": lambda: resource.setrlimit(resource.RLIMIT_NOFILE, (50, 50)),
        "see another process": lambda: os.getpgid(parent),
    }
    if number := {"x86_64": 101, "aarch64": 117}.get(os.uname().machine):
        # PTRACE_TRACEME, which needs no other process.
        attempts["trace"] = lambda: call(number, 0, 0, 0, 0)
    # A file that cannot be executed, because an attempt that succeeds does not return.
    attempts["execute"] = lambda: os.execv(f"{folder}/program", ["program"])
""")
OUTCOMES = "{name: attempt(action) for name, action in attempts.items()}"


@pytest.fixture
def outside(tmp_path: Path) -> Iterator[str]:
    """What the attempts aim at: a folder for all, a listener on each kind of socket."""
    folder = Path("/tmp") / f"probe-{os.getpid()}"  # a short path, as unix sockets need
    folder.mkdir(mode=0o777)
    folder.chmod(0o777)
    (folder / "program").write_text("")
    (folder / "program").chmod(0o755)
    try:
        with (
            closing(socket.create_server(("127.0.0.1", 0))) as tcp,
            closing(socket.socket(socket.AF_UNIX)) as by_path,
            closing(socket.socket(socket.AF_UNIX)) as by_name,
        ):
            for server, address in ((by_path, f"{folder}/socket"), (by_name, f"\0{folder}/socket")):
                server.bind(address)
                server.listen()
            (folder / "socket").chmod(0o777)
            port = tcp.getsockname()[1]
            yield f"folder, port, parent = {str(folder)!r}, {port}, {os.getpid()}"
    finally:
        for path in [*folder.glob("*/"), *folder.iterdir()]:
            if path.is_dir():
                path.rmdir()
            elif path.exists():
                path.unlink()
        folder.rmdir()


def test_native_code_reaches_nothing(probe: Probe, outside: str) -> None:
    outcomes = probe(f"result = {OUTCOMES}", first=f"{outside}\n{ATTEMPTS}")
    assert set(outcomes.values()) == {"EPERM"}, outcomes
    assert len(outcomes) == 25


def test_the_probe_works_outside(outside: str) -> None:
    statements = f"""
import ctypes, errno, json, os, resource, socket, sys, threading
{outside}
{ATTEMPTS}
if os.geteuid() == 0:
    os.setgroups([]); os.setresgid(65534, 65534, 65534); os.setresuid(65534, 65534, 65534)
result = {OUTCOMES}
sys.stdout.write(json.dumps(result))
"""
    done = subprocess.run(
        [sys.executable, "-c", statements], capture_output=True, check=True, env={}
    )
    refused = {name for name, error in json.loads(done.stdout).items() if error is not None}
    # What any unprivileged user is refused, and the file that is no program.
    assert refused <= {
        "read memory of the parent", "signal the parent", "raise a limit", "execute", "trace",
        "make memory executable", "read /proc",
    }  # fmt: skip


def test_landlock_holds_where_seccomp_would_not(probe: Probe, outside: str) -> None:
    without = "confinement.seccomp.restrict_to_allowed = lambda _: None"
    # RLIMIT_NOFILE would refuse new descriptors too.
    without += "\nconfinement._set_resource_limits = lambda *_: None"
    # A process of the same user, which only Landlock protects, in place of the parent.
    without += """
ready, is_ready = os.pipe()
parent = os.fork()
if parent == 0:
    if os.geteuid() == 0:
        os.setresuid(65534, 65534, 65534)
    os.close(1)
    os.write(is_ready, b"x")
    time.sleep(60)
os.read(ready, 1)
"""
    # A traced process stops at the next signal.
    without += "\nattempts.pop('trace', None)"
    outcomes = probe(f"result = {OUTCOMES}", first=f"{outside}\n{ATTEMPTS}\n{without}")
    refused = {name for name, error in outcomes.items() if error in {"EACCES", "EPERM"}}
    assert refused >= {
        "read a file", "list a directory", "write a file", "make a directory", "read /proc",
        "execute",
    }  # fmt: skip
    if landlock.read_version() >= 4:
        assert refused >= {"connect by TCP", "listen"}
    if landlock.read_version() >= 6:
        assert refused >= {"connect to an abstract socket", "signal the parent"}


def test_memory_beyond_the_limit_is_refused(probe: Probe) -> None:
    result = probe(
        """
chunks = []
try:
    while True:
        chunks.append(bytearray(1024 * 1024))
except MemoryError:
    result = len(chunks)
    chunks.clear()
""",
    )
    limit = (LIMITS.memory_bytes + confinement.HOST_MEMORY_BYTES) // MIB
    assert limit - 10 <= result <= limit


def test_the_kernel_ends_what_the_engine_does_not(confinement: None) -> None:
    statements = """
from sandbox.confinement import confine
from sandbox.limits import Limits
confine(Limits(cpu_s=0.1))
while True:
    pass
"""
    with ConfinedProcess(statements, b"") as process:
        process.read_lines(60)
        assert process.has_ended
        assert process.wait(1) == -signal.SIGXCPU


def test_the_process_has_no_rights_environment_or_descriptors(probe: Probe) -> None:
    first = """
status = os.open("/proc/self/status", os.O_RDONLY)
descriptors = os.listdir("/proc/self/fd")
environment = dict(os.environ)
session = os.getsid(0) == os.getpid()
if os.geteuid() == 0:
    os.setgroups([1, 2])
"""
    result = probe(
        """
lines = os.read(status, 10000).decode().splitlines()
result = [descriptors, environment, session, [line.split() for line in lines]]
""",
        first=first,
    )
    descriptors, environment, session, lines = result
    fields = {name: values for name, *values in lines}
    # Standard input, output and error, the status, and the listing itself.
    assert len(descriptors) == 5
    assert environment.keys() <= {"LC_CTYPE"}  # set by Python itself
    assert session
    assert fields["NoNewPrivs:"] == ["1"]
    assert fields["Seccomp:"] == ["2"]
    assert fields["Threads:"] == ["1"]
    assert fields["CapEff:"] == fields["CapPrm:"] == ["0000000000000000"]
    expected = UNPRIVILEGED_ID if os.geteuid() == 0 else os.geteuid()
    assert fields["Uid:"] == [str(expected)] * 4
    if os.geteuid() == 0:
        assert fields["Gid:"] == [str(UNPRIVILEGED_ID)] * 4
        assert fields["Groups:"] == []


def test_an_unprivileged_user_can_confine_too(probe: Probe) -> None:
    first = """
if os.geteuid() == 0:
    os.setgroups([]); os.setresgid(65534, 65534, 65534); os.setresuid(65534, 65534, 65534)
"""
    assert probe("result = os.getpid()", first=first) > 1


@pytest.mark.parametrize(
    ("module", "function", "answer", "reason"),
    [
        (landlock, "read_version", 0, "lacks Landlock"),
        (seccomp, "is_available", False, "lacks seccomp"),
        (confinement, "current_architecture", None, "run only on Linux"),
    ],
)
def test_a_machine_that_cannot_confine_refuses_programs(
    monkeypatch: pytest.MonkeyPatch, module: Any, function: str, answer: object, reason: str
) -> None:
    for name, sufficient in (("read_version", 1), ("is_available", True)):
        owner = landlock if name == "read_version" else seccomp
        monkeypatch.setattr(owner, name, lambda sufficient=sufficient: sufficient)
    monkeypatch.setattr(module, function, lambda: answer)
    assert reason in (explain_unavailable() or "")
    with pytest.raises(SandboxUnavailableError, match=reason):
        run_program("1")


@pytest.mark.parametrize(
    "broken",
    [
        "landlock.read_version = lambda: 0",
        "seccomp.is_available = lambda: False",
        "prctl = lambda *_: (_ for _ in ()).throw(OSError(1, 'no'))",
        "_drop_root = lambda: (_ for _ in ()).throw(OSError(1, 'no'))",
    ],
)
def test_the_process_itself_refuses_without_a_layer(probe: Probe, broken: str) -> None:
    first = f"""
real = confinement.confine
def confine_or_tell(limits):
    confinement.{broken}
    try:
        real(limits)
    except confinement.CannotConfineError as error:
        os.write(1, (json.dumps(str(error)) + chr(10)).encode())
        os._exit(0)
confinement.confine = confine_or_tell
"""
    assert "kernel" in probe("result = None", first=first)


def test_a_second_thread_is_refused(probe: Probe) -> None:
    first = """
event = threading.Event()
threading.Thread(target=event.wait, daemon=True).start()
real = confinement.confine
def confine_or_tell(limits):
    try:
        real(limits)
    except confinement.CannotConfineError as error:
        os.write(1, (json.dumps(str(error)) + chr(10)).encode())
        os._exit(0)
confinement.confine = confine_or_tell
"""
    assert probe("result = None", first=first) == "The process has several threads."


@pytest.mark.parametrize("name", ARCHITECTURES)
def test_the_filter_has_every_call_of_both_architectures(name: str) -> None:
    architecture = ARCHITECTURES[name]
    assert architecture.numbers.keys() == ARCHITECTURES["x86_64"].numbers.keys()
    operands = {operand for operation, _, _, operand in seccomp.build_filter(architecture)}
    assert operands >= {architecture.audit, *architecture.numbers.values()}


def test_other_systems_are_refused_whatever_their_processor(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(platform, "machine", lambda: "x86_64")
    monkeypatch.setattr(platform, "system", lambda: "Darwin")
    assert "run only on Linux" in (explain_unavailable() or "")
