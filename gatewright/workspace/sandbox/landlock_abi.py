"""Landlock by system calls: which version the kernel has, and confining this very process.

Standard library only, because the supervisor imports it without any site packages. Numbers are
from include/uapi/linux/landlock.h; the system calls have the same numbers on every architecture.
"""

import ctypes
import os
import stat
from collections.abc import Iterable

_CREATE_RULESET, _ADD_RULE, _RESTRICT_SELF = 444, 445, 446
_ASK_VERSION = 1
_RULE_PATH_BENEATH = 1
_NO_NEW_PRIVILEGES = 38
"""PR_SET_NO_NEW_PRIVS."""

_EXECUTE, _WRITE_FILE, _READ_FILE, _READ_DIR = 1 << 0, 1 << 1, 1 << 2, 1 << 3
_REFER, _TRUNCATE, _IOCTL_DEV = 1 << 13, 1 << 14, 1 << 15
_MAKE_CHAR, _MAKE_BLOCK = 1 << 6, 1 << 11
_ALL_OF_ABI_1 = (1 << 13) - 1

READ = _EXECUTE | _READ_FILE | _READ_DIR
_ON_FILES = _EXECUTE | _WRITE_FILE | _READ_FILE | _TRUNCATE | _IOCTL_DEV
_TCP = 0b11
_SCOPES = 0b11
"""Abstract unix sockets, and signals."""

OLDEST_ABI = 3
"""Before it, any file that the user may write could be truncated."""

ABI_TCP = 4
ABI_DEVICES = 5
ABI_SCOPES = 6


def abi() -> int:
    """The kernel's Landlock version; 0 where there is none, or it is switched off."""
    try:
        return _syscall(_CREATE_RULESET, None, ctypes.c_size_t(0), ctypes.c_uint32(_ASK_VERSION))
    except OSError:
        return 0


def restrict(
    *, readable: Iterable[str], writable: Iterable[str], devices: Iterable[str], tcp: bool
) -> None:
    """Confine this process and all it will start; it cannot be undone.

    Paths that do not exist are passed over; unless `tcp`, no TCP port is reached or served.
    Raises: OSError when the kernel refuses.
    """
    version = abi()
    handled = _ALL_OF_ABI_1 | _REFER | _TRUNCATE
    if version >= ABI_DEVICES:
        handled |= _IOCTL_DEV
    fields = [handled]
    if version >= ABI_TCP:
        fields.append(0 if tcp else _TCP)
    if version >= ABI_SCOPES:
        fields.append(_SCOPES)
    attributes = (ctypes.c_uint64 * len(fields))(*fields)
    ruleset = _syscall(
        _CREATE_RULESET,
        ctypes.byref(attributes),
        ctypes.c_size_t(ctypes.sizeof(attributes)),
        ctypes.c_uint32(0),
    )
    try:
        for path in readable:
            _allow(ruleset, path, READ)
        for path in devices:
            _allow(ruleset, path, handled & (_READ_FILE | _WRITE_FILE | _IOCTL_DEV))
        for path in writable:
            _allow(ruleset, path, handled & ~(_MAKE_CHAR | _MAKE_BLOCK | _IOCTL_DEV))
        _prctl(_NO_NEW_PRIVILEGES, 1)
        _syscall(_RESTRICT_SELF, ctypes.c_int(ruleset), ctypes.c_uint32(0))
    finally:
        os.close(ruleset)


class _PathBeneath(ctypes.Structure):
    _pack_ = 1
    _fields_ = (("allowed", ctypes.c_uint64), ("parent", ctypes.c_int32))


def _allow(ruleset: int, path: str, access: int) -> None:
    try:
        descriptor = os.open(path, os.O_PATH | os.O_CLOEXEC)
    except FileNotFoundError:
        return
    try:
        if not stat.S_ISDIR(os.fstat(descriptor).st_mode):
            access &= _ON_FILES
        rule = _PathBeneath(access, descriptor)
        _syscall(
            _ADD_RULE,
            ctypes.c_int(ruleset),
            ctypes.c_int(_RULE_PATH_BENEATH),
            ctypes.byref(rule),
            ctypes.c_uint32(0),
        )
    finally:
        os.close(descriptor)


_libc = ctypes.CDLL(None, use_errno=True)


def _syscall(number: int, *arguments: object) -> int:
    result = int(_libc.syscall(ctypes.c_long(number), *arguments))
    if result < 0:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()), f"syscall {number}")
    return result


def _prctl(option: int, value: int) -> None:
    if _libc.prctl(option, ctypes.c_ulong(value), 0, 0, 0) != 0:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()), f"prctl {option}")
