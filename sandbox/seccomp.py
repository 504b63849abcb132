"""seccomp: the process may make only the system calls of an allow-list.

The filter is a classic BPF program over ``struct seccomp_data``, whose layout, return values and
pitfalls (check the architecture first; x86-64 has a second table, x32) are in
https://docs.kernel.org/userspace-api/seccomp_filter.html. libseccomp would build it too, but its
bindings on PyPI need the library installed beside them.
"""

import ctypes
import errno

from sandbox.libc import prctl
from sandbox.syscalls import Architecture

_PR_SET_SECCOMP = 22
_MODE_FILTER = 2

_KILL_PROCESS = 0x80000000
_ALLOW = 0x7FFF0000
_REFUSE = 0x00050000 | 1  # SECCOMP_RET_ERRNO with EPERM

# Operations of classic BPF, from linux/bpf_common.h.
_LOAD = 0x20
_IF_EQUAL = 0x15
_IF_AT_LEAST = 0x35
_IF_BITS = 0x45
_RETURN = 0x06

# Offsets in `struct seccomp_data`. Both architectures are little-endian, so this is the lower half
# of the third argument.
_NUMBER = 0
_ARCHITECTURE = 4
_THIRD_ARGUMENT = 32

_X32_NUMBERS = 0x40000000
_PROT_EXEC = 4

# Allowed unless they make memory executable.
_MEMORY = frozenset({"mmap", "mprotect"})

Instruction = tuple[int, int, int, int]


class _Instruction(ctypes.Structure):
    _fields_ = (
        ("operation", ctypes.c_uint16),
        ("skip_if_true", ctypes.c_uint8),
        ("skip_if_false", ctypes.c_uint8),
        ("operand", ctypes.c_uint32),
    )


class _Program(ctypes.Structure):
    _fields_ = (("length", ctypes.c_ushort), ("filter", ctypes.POINTER(_Instruction)))


def is_available() -> bool:
    """Return whether the kernel has seccomp filters.

    Setting one without a program fails with EFAULT if it has, and with EINVAL if not.
    """
    try:
        prctl(_PR_SET_SECCOMP, _MODE_FILTER, 0)
    except OSError as error:
        return error.errno == errno.EFAULT
    return False


def restrict_to_allowed(architecture: Architecture) -> None:
    """Refuse this thread all other system calls with EPERM. Needs ``no_new_privs``.

    :raises OSError: if the kernel refuses.
    """
    instructions = build_filter(architecture)
    listed = (_Instruction * len(instructions))(*(_Instruction(*each) for each in instructions))
    program = _Program(len(instructions), listed)
    prctl(_PR_SET_SECCOMP, _MODE_FILTER, ctypes.byref(program))


def build_filter(architecture: Architecture) -> list[Instruction]:
    """Return the BPF program. Each skip is the number of instructions to jump over."""
    program: list[Instruction] = [
        (_LOAD, 0, 0, _ARCHITECTURE),
        (_IF_EQUAL, 1, 0, architecture.audit),
        (_RETURN, 0, 0, _KILL_PROCESS),
        (_LOAD, 0, 0, _NUMBER),
        (_IF_AT_LEAST, 0, 1, _X32_NUMBERS),
        (_RETURN, 0, 0, _KILL_PROCESS),
    ]
    for name, number in architecture.numbers.items():
        if name in _MEMORY:
            program += [
                (_IF_EQUAL, 0, 4, number),
                (_LOAD, 0, 0, _THIRD_ARGUMENT),
                (_IF_BITS, 0, 1, _PROT_EXEC),
                (_RETURN, 0, 0, _REFUSE),
                (_RETURN, 0, 0, _ALLOW),
            ]
        else:
            program += [(_IF_EQUAL, 0, 1, number), (_RETURN, 0, 0, _ALLOW)]
    program.append((_RETURN, 0, 0, _REFUSE))
    return program
