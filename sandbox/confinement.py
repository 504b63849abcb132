"""Drops, irrevocably, every right of this process that a program does not need.

The layers are independent. WebAssembly has no system calls; seccomp refuses nearly all to code that
breaks out of it; Landlock and the unprivileged user still hold if seccomp allows one too many.
"""

import contextlib
import os
import resource
import time
from pathlib import Path

from sandbox import landlock, seccomp
from sandbox.libc import prctl
from sandbox.limits import MIB, Limits
from sandbox.syscalls import current_architecture

# nobody and nogroup, on Debian and elsewhere; also what the kernel shows for unmapped ids.
UNPRIVILEGED_ID = 65_534

# What Python and wasmtime need for a run beyond the instance's memory.
HOST_MEMORY_BYTES = 48 * MIB
# The instance reserves 4 GiB of addresses and guard regions without using them.
ADDRESS_SPACE_BYTES = 16 * 1024 * MIB

_PR_SET_PDEATHSIG = 1
_PR_SET_DUMPABLE = 4
_PR_SET_NO_NEW_PRIVS = 38
_SIGKILL = 9


class CannotConfineError(Exception):
    """The kernel or the container lacks what the sandbox needs; the text says what."""


def explain_unavailable() -> str | None:
    """Return why programs cannot be confined on this machine; None if they can.

    Changes nothing in this process.
    """
    if current_architecture() is None:
        return "Programs run only on Linux, on x86-64 and 64-bit ARM."
    if not landlock.read_version():
        return (
            "The kernel lacks Landlock (Linux 5.13 or newer, enabled), or the container forbids it."
        )
    if not seccomp.is_available():
        return "The kernel lacks seccomp filters, or the container forbids them."
    return None


def confine(limits: Limits) -> None:
    """Confine this process, which must have one thread.

    :raises CannotConfineError: if a layer is missing; the process must end then.
    """
    architecture = current_architecture()
    reason = explain_unavailable()
    if reason is not None or architecture is None:
        raise CannotConfineError(reason)
    # Landlock and seccomp restrict only the calling thread.
    if len(list(Path("/proc/self/task").iterdir())) != 1:
        raise CannotConfineError("The process has several threads.")
    try:
        _be_first_to_die()
        os.chdir("/")
        _drop_root()
        prctl(_PR_SET_DUMPABLE, 0)
        prctl(_PR_SET_NO_NEW_PRIVS, 1)
        # The user's change has cleared it.
        prctl(_PR_SET_PDEATHSIG, _SIGKILL)
        data_bytes = _read_data_bytes()
        landlock.give_up_everything()
        _set_resource_limits(limits, data_bytes)
        seccomp.restrict_to_allowed(architecture)
    except OSError as error:
        raise CannotConfineError(f"The kernel refused to confine the process: {error}.") from error


def _be_first_to_die() -> None:
    """Run below the server's priority, and be chosen first if the machine runs out of memory."""
    # Some containers forbid it, and it protects other processes only from a lack of memory.
    with contextlib.suppress(OSError):
        os.nice(10)
        Path("/proc/self/oom_score_adj").write_text("1000")


def _drop_root() -> None:
    if os.geteuid() != 0:
        return
    os.setgroups([])
    os.setresgid(UNPRIVILEGED_ID, UNPRIVILEGED_ID, UNPRIVILEGED_ID)
    os.setresuid(UNPRIVILEGED_ID, UNPRIVILEGED_ID, UNPRIVILEGED_ID)


def _set_resource_limits(limits: Limits, data_bytes: int) -> None:
    bounds = {
        resource.RLIMIT_AS: ADDRESS_SPACE_BYTES,
        # Counts writable private memory only, and all of it, unlike the engines' own limits.
        # How much memory is in use before the program starts depends on the version of Python.
        resource.RLIMIT_DATA: data_bytes + limits.memory_bytes + HOST_MEMORY_BYTES,
        resource.RLIMIT_CORE: 0,
        resource.RLIMIT_FSIZE: 0,
        resource.RLIMIT_MEMLOCK: 0,
        resource.RLIMIT_MSGQUEUE: 0,
        # Open descriptors stay open; there can be no new ones.
        resource.RLIMIT_NOFILE: 0,
        resource.RLIMIT_NPROC: 0,
    }
    for kind, bound in bounds.items():
        resource.setrlimit(kind, (bound, bound))
    # In whole seconds: SIGXCPU, which tells the reason, then SIGKILL. The engine itself stops most
    # programs earlier.
    cpu_s = int(time.process_time() + limits.cpu_s) + 1
    resource.setrlimit(resource.RLIMIT_CPU, (cpu_s, cpu_s + 1))


def _read_data_bytes() -> int:
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith("VmData:"):
            return int(line.split()[1]) * 1024
    raise CannotConfineError("The kernel does not tell how much memory the process uses.")
