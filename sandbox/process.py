"""The confined process as the server sees it: starting, reading with a bound, killing."""

import contextlib
import fcntl
import importlib.util
import os
import select
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Self

from sandbox.errors import SandboxFailedError

# More than any outcome within its limits.
REPORTS_MAX_BYTES = 2 * 1024 * 1024
_READ_BYTES = 65_536
_COMPILE_TIMEOUT_S = 120.0
_STDERR_SHOWN_BYTES = 2000

_guest: int | None = None
_guest_lock = threading.Lock()


def compiled_guest() -> int:
    """Return the descriptor of the compiled guest, a sealed file in memory.

    Compiles it once per process. A file on disk could be changed by others, and then executed.

    :raises SandboxFailedError: if it cannot be compiled.
    """
    global _guest  # noqa: PLW0603 - one per process
    with _guest_lock:
        if _guest is None:
            _guest = _sealed("sandbox-guest", _compile())
        return _guest


def _compile() -> bytes:
    """Compile in another process, so that this one does not load the compiler's 30 MB."""
    command = _python(
        "import sys; from sandbox.engine import compile_guest; "
        "sys.stdout.buffer.write(compile_guest())"
    )
    try:
        done = subprocess.run(  # noqa: S603 - our own command
            command,
            env={},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=_COMPILE_TIMEOUT_S,
            check=True,
        )
    except subprocess.CalledProcessError as error:
        raise SandboxFailedError(
            f"The engine cannot be compiled: {error.stderr[-500:]!r}"
        ) from error
    except (OSError, subprocess.TimeoutExpired) as error:
        raise SandboxFailedError(f"The engine cannot be compiled: {error}") from error
    return done.stdout


def _python(statements: str) -> list[str]:
    """Return a command for Python without the environment's and the site's ways to change it."""
    paths = [str(Path(__file__).parent.parent), _packages_folder("wasmtime")]
    start = f"import sys; sys.path[:0] = {paths!r}; {statements}"
    return [sys.executable, "-I", "-S", "-B", "-c", start]


def _packages_folder(package: str) -> str:
    spec = importlib.util.find_spec(package)
    if spec is None or spec.origin is None:
        raise SandboxFailedError(f"The package {package} is not installed.")
    return str(Path(spec.origin).parent.parent)


def _sealed(name: str, content: bytes) -> int:
    """Return the descriptor of a file in memory that nobody can change."""
    descriptor = _in_memory(name, content)
    # Only Linux has these names, and the server starts elsewhere too.
    seals = fcntl.F_SEAL_SEAL | fcntl.F_SEAL_SHRINK | fcntl.F_SEAL_GROW | fcntl.F_SEAL_WRITE
    fcntl.fcntl(descriptor, fcntl.F_ADD_SEALS, seals)
    return descriptor


def _in_memory(name: str, content: bytes = b"") -> int:
    descriptor = os.memfd_create(name, os.MFD_CLOEXEC | os.MFD_ALLOW_SEALING)
    with os.fdopen(os.dup(descriptor), "wb") as file:
        file.write(content)
    os.lseek(descriptor, 0, os.SEEK_SET)
    return descriptor


class ConfinedProcess:
    """Runs ``statements`` of Python with a request as standard input; a context manager.

    The process has a session of its own, an empty environment and no other descriptors, and is dead
    when the context is left.
    """

    def __init__(self, statements: str, request: bytes, descriptors: tuple[int, ...] = ()) -> None:
        stdin, self._stderr = _in_memory("request", request), _in_memory("stderr")
        try:
            self._process = subprocess.Popen(  # noqa: S603 - our own command
                _python(statements),
                env={},
                stdin=stdin,
                stdout=subprocess.PIPE,
                stderr=self._stderr,
                pass_fds=descriptors,
                start_new_session=True,
                cwd="/",
            )
        except OSError as error:
            os.close(self._stderr)
            raise SandboxFailedError(f"The sandbox cannot be started: {error}") from error
        finally:
            os.close(stdin)
        assert self._process.stdout is not None
        self._output = self._process.stdout.fileno()
        self._pending = b""
        self._read_bytes = 0
        self.has_ended = False

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_exception: object) -> None:
        self.kill()
        assert self._process.stdout is not None
        self._process.stdout.close()
        os.close(self._stderr)

    @property
    def pid(self) -> int:
        return self._process.pid

    def read_lines(self, timeout_s: float) -> list[bytes]:
        """Return the lines that arrive within ``timeout_s``, as soon as there are some.

        :raises SandboxFailedError: if there is more than ``REPORTS_MAX_BYTES`` in all.
        """
        poll = select.poll()
        poll.register(self._output, select.POLLIN)
        if not poll.poll(max(0.0, timeout_s) * 1000):
            return []
        content = os.read(self._output, _READ_BYTES)
        self.has_ended = not content
        self._read_bytes += len(content)
        if self._read_bytes > REPORTS_MAX_BYTES:
            raise SandboxFailedError("The sandbox reports too much.")
        *lines, self._pending = (self._pending + content).split(b"\n")
        return lines

    def kill(self) -> int:
        """Kill the process group; return the exit code, or minus the signal that ended it."""
        # After it has been waited for, its id may belong to another process.
        if self._process.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self._process.pid, signal.SIGKILL)
        return self._process.wait()

    def wait(self, timeout_s: float) -> int:
        """Return the exit code of a process that has closed its output; kill it if it stays."""
        end_s = time.monotonic() + timeout_s
        while self._process.poll() is None and time.monotonic() < end_s:
            time.sleep(0.005)
        return self.kill()

    def read_stderr(self) -> str:
        """Return the end of standard error, for the log. A confined process cannot write to it."""
        size = os.fstat(self._stderr).st_size
        tail = os.pread(self._stderr, _STDERR_SHOWN_BYTES, max(0, size - _STDERR_SHOWN_BYTES))
        return tail.decode(errors="replace")
