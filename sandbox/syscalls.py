"""Numbers of system calls: those a confined process may make, and Landlock's.

From ``arch/x86/entry/syscalls/syscall_64.tbl`` and ``include/uapi/asm-generic/unistd.h`` of Linux,
where they never change. Landlock's are the same on all architectures.
"""

import platform
from dataclasses import dataclass

LANDLOCK_CREATE_RULESET = 444
LANDLOCK_RESTRICT_SELF = 446


@dataclass(frozen=True, slots=True)
class Architecture:
    """``audit`` identifies the architecture to seccomp (``AUDIT_ARCH_…`` in linux/audit.h)."""

    audit: int
    numbers: dict[str, int]


ARCHITECTURES = {
    "x86_64": Architecture(
        0xC000003E,
        {
            "brk": 12,
            "clock_gettime": 228,
            "clock_nanosleep": 230,
            "close": 3,
            "exit": 60,
            "exit_group": 231,
            "futex": 202,
            "getpid": 39,
            "getrandom": 318,
            "gettid": 186,
            "gettimeofday": 96,
            "madvise": 28,
            "mmap": 9,
            "mprotect": 10,
            "mremap": 25,
            "munmap": 11,
            "read": 0,
            "restart_syscall": 219,
            "rt_sigaction": 13,
            "rt_sigprocmask": 14,
            "rt_sigreturn": 15,
            "sched_yield": 24,
            "sigaltstack": 131,
            "write": 1,
        },
    ),
    "aarch64": Architecture(
        0xC00000B7,
        {
            "brk": 214,
            "clock_gettime": 113,
            "clock_nanosleep": 115,
            "close": 57,
            "exit": 93,
            "exit_group": 94,
            "futex": 98,
            "getpid": 172,
            "getrandom": 278,
            "gettid": 178,
            "gettimeofday": 169,
            "madvise": 233,
            "mmap": 222,
            "mprotect": 226,
            "mremap": 216,
            "munmap": 215,
            "read": 63,
            "restart_syscall": 128,
            "rt_sigaction": 134,
            "rt_sigprocmask": 135,
            "rt_sigreturn": 139,
            "sched_yield": 124,
            "sigaltstack": 132,
            "write": 64,
        },
    ),
}


def current_architecture() -> Architecture | None:
    """Return the machine's architecture; None if it is unknown, or the system is not Linux."""
    return ARCHITECTURES.get(platform.machine()) if platform.system() == "Linux" else None
