"""Calls of the C library that Python does not offer."""

import ctypes
import os
from typing import Any

_libc = ctypes.CDLL(None, use_errno=True)
_libc.syscall.restype = ctypes.c_long


def syscall(number: int, *arguments: Any) -> int:
    """Call the kernel; integers are passed as ``long``.

    :raises OSError: with the kernel's ``errno``.
    """
    return _checked(_libc.syscall(ctypes.c_long(number), *map(_as_long, arguments)))


def prctl(option: int, *arguments: Any) -> int:
    """Change an attribute of this process; see prctl(2).

    :raises OSError: with the kernel's ``errno``.
    """
    padded = (*arguments, 0, 0, 0, 0)[:4]
    return _checked(_libc.prctl(ctypes.c_int(option), *map(_as_long, padded)))


def _as_long(argument: Any) -> Any:
    return ctypes.c_long(argument) if isinstance(argument, int) else argument


def _checked(result: int) -> int:
    if result < 0:
        errno = ctypes.get_errno()
        raise OSError(errno, os.strerror(errno))
    return result
