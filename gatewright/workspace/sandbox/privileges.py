"""Give up what this process may do beyond its files: capabilities, the network, its parent.

Standard library only: the supervisor imports it. Numbers are from the kernel's uapi headers.
"""

import contextlib
import ctypes
import fcntl
import os
import socket
import struct
from pathlib import Path

_SET_PARENT_DEATH_SIGNAL, _DROP_BOUNDING, _SET_SECURE_BITS = 1, 24, 28
_SET_NO_NEW_PRIVILEGES, _SET_CHILD_SUBREAPER = 38, 36
_AMBIENT, _AMBIENT_CLEAR_ALL = 47, 4
_SECURE_NO_ROOT_LOCKED = 0b11
"""SECBIT_NOROOT and its lock: being user 0 brings no capabilities at exec."""

_CAPABILITY_VERSION_3 = 0x20080522
_HIGHEST_CAPABILITY = 63
_NEW_USER, _NEW_NETWORK = 0x10000000, 0x40000000
_SIOCSIFFLAGS, _UP_AND_RUNNING = 0x8914, 0x41

_libc = ctypes.CDLL(None, use_errno=True)


def become_subreaper() -> None:
    """Orphans among our descendants become our children."""
    _check(_libc.prctl(_SET_CHILD_SUBREAPER, 1, 0, 0, 0))


def die_with_parent(signal_number: int) -> None:
    """Receive this signal when the thread that started us ends."""
    _check(_libc.prctl(_SET_PARENT_DEATH_SIGNAL, signal_number, 0, 0, 0))


def leave_network() -> bool:
    """Move to a network of our own with nothing but a loopback; False where that is refused.

    A child tries it first: AppArmor lets some programs make a user namespace and then nothing in
    it, and there is no way back from there.
    """
    child = os.fork()
    if child == 0:
        code = 1
        with contextlib.suppress(OSError):
            _leave_network()
            code = 0
        os._exit(code)
    _, status = os.waitpid(child, 0)
    if status != 0:
        return False
    _leave_network()
    return True


def _leave_network() -> None:
    user, group = os.getuid(), os.getgid()
    root = os.geteuid() == 0
    _check(_libc.unshare(_NEW_NETWORK if root else _NEW_USER | _NEW_NETWORK))
    if not root:
        Path("/proc/self/setgroups").write_text("deny")
        Path("/proc/self/uid_map").write_text(f"{user} {user} 1")
        Path("/proc/self/gid_map").write_text(f"{group} {group} 1")
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as control:
        request = struct.pack("16sh14x", b"lo", _UP_AND_RUNNING)
        fcntl.ioctl(control, _SIOCSIFFLAGS, request)


def drop_capabilities() -> None:
    """For good, also for user 0 and across exec."""
    _check(_libc.prctl(_SET_NO_NEW_PRIVILEGES, 1, 0, 0, 0))
    # Without CAP_SETPCAP these fail, and there is then nothing that exec could bring back.
    _libc.prctl(_SET_SECURE_BITS, _SECURE_NO_ROOT_LOCKED, 0, 0, 0)
    for capability in range(_HIGHEST_CAPABILITY + 1):
        _libc.prctl(_DROP_BOUNDING, capability, 0, 0, 0)
    _libc.prctl(_AMBIENT, _AMBIENT_CLEAR_ALL, 0, 0, 0)
    header = (ctypes.c_uint32 * 2)(_CAPABILITY_VERSION_3, 0)
    nothing = (ctypes.c_uint32 * 6)()
    _check(_libc.capset(ctypes.byref(header), ctypes.byref(nothing)))


def _check(result: int) -> None:
    if result != 0:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
