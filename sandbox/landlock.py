"""Landlock: the process gives up the file system, TCP, and reaching other processes.

A ruleset *handles* accesses, which are then denied except where a rule allows them; ours has no
rules. Each version of the kernel's interface handles more. Structure, flags and versions are from
``include/uapi/linux/landlock.h`` and https://docs.kernel.org/userspace-api/landlock.html.
The packages for it on PyPI are pre-releases, and this is all that is needed of them.
"""

import ctypes
import os

from sandbox.libc import syscall
from sandbox.syscalls import LANDLOCK_CREATE_RULESET, LANDLOCK_RESTRICT_SELF

_CREATE_RULESET_VERSION = 1

# Bits of `handled_access_fs` by the version that brought them: version 1 (Linux 5.13) has the first
# 13, from EXECUTE to MAKE_SYM. Then REFER, TRUNCATE, IOCTL_DEV.
_FILE_BITS = {1: 13, 2: 14, 3: 15, 4: 15}
_FILE_BITS_NEWEST = 16
# Version 4 (Linux 6.7): BIND_TCP and CONNECT_TCP.
_NETWORK_BITS = 2
_NETWORK_SINCE = 4
# Version 6 (Linux 6.12): abstract unix sockets of, and signals to, processes outside.
_SCOPE_BITS = 2
_SCOPE_SINCE = 6


class _Ruleset(ctypes.Structure):
    """``struct landlock_ruleset_attr``. Older kernels accept it while unknown fields are zero."""

    _fields_ = (
        ("handled_access_fs", ctypes.c_uint64),
        ("handled_access_net", ctypes.c_uint64),
        ("scoped", ctypes.c_uint64),
    )


def read_version() -> int:
    """Return the version of Landlock's interface; 0 if it is missing or turned off."""
    try:
        return syscall(LANDLOCK_CREATE_RULESET, None, 0, _CREATE_RULESET_VERSION)
    except OSError:
        return 0


def give_up_everything() -> None:
    """Deny this thread everything that the kernel's Landlock can deny. Needs ``no_new_privs``.

    :raises OSError: if the kernel refuses.
    """
    ruleset = _ruleset(read_version())
    descriptor = syscall(LANDLOCK_CREATE_RULESET, ctypes.byref(ruleset), ctypes.sizeof(ruleset), 0)
    try:
        syscall(LANDLOCK_RESTRICT_SELF, descriptor, 0)
    finally:
        os.close(descriptor)


def _ruleset(version: int) -> _Ruleset:
    return _Ruleset(
        handled_access_fs=(1 << _FILE_BITS.get(version, _FILE_BITS_NEWEST)) - 1,
        handled_access_net=(1 << _NETWORK_BITS) - 1 if version >= _NETWORK_SINCE else 0,
        scoped=(1 << _SCOPE_BITS) - 1 if version >= _SCOPE_SINCE else 0,
    )
