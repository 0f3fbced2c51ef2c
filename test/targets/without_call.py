"""Runs a program that may not make one system call: it gets EPERM, as from the seccomp filter of a container.

    without_call.py NUMBER program [argument ...]
"""

import ctypes
import os
import struct
import sys

PR_SET_NO_NEW_PRIVS, PR_SET_SECCOMP = 38, 22  # linux/prctl.h
SECCOMP_MODE_FILTER = 2
SECCOMP_RET_ERRNO, SECCOMP_RET_ALLOW = 0x00050000, 0x7FFF0000
EPERM = 1
LOAD, JUMP_IF_EQUAL, RETURN = 0x20, 0x15, 0x06  # linux/bpf_common.h


class Program(ctypes.Structure):
    _fields_ = [("length", ctypes.c_ushort), ("filter", ctypes.c_void_p)]


def instruction(code, if_true, if_false, value):
    return struct.pack("HBBI", code, if_true, if_false, value)


number = int(sys.argv[1])
text = b"".join([
    instruction(LOAD, 0, 0, 0),  # the number of the call: struct seccomp_data
    instruction(JUMP_IF_EQUAL, 0, 1, number),
    instruction(RETURN, 0, 0, SECCOMP_RET_ERRNO | EPERM),
    instruction(RETURN, 0, 0, SECCOMP_RET_ALLOW),
])
buffer = ctypes.create_string_buffer(text, len(text))
program = Program(len(text) // 8, ctypes.addressof(buffer))
libc = ctypes.CDLL(None, use_errno=True)
if libc.prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0:
    raise OSError(ctypes.get_errno(), "PR_SET_NO_NEW_PRIVS")
if libc.prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, ctypes.byref(program), 0, 0) != 0:
    raise OSError(ctypes.get_errno(), "PR_SET_SECCOMP")
os.execvp(sys.argv[2], sys.argv[2:])
