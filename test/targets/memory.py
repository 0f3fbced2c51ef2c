"""Holds 64 KiB of random bytes and a page that nothing may read. Announces the addresses of both, in hexadecimal.

Usage: memory.py SEED
"""
import ctypes
import mmap
import random
import sys
import time

SIZE = 65536
random.seed(int(sys.argv[1]))
known = ctypes.create_string_buffer(bytes(bytearray(random.getrandbits(8) for _ in range(SIZE))), SIZE)

libc = ctypes.CDLL(None, use_errno=True)
libc.mmap.restype = ctypes.c_void_p
libc.mmap.argtypes = [ctypes.c_void_p, ctypes.c_size_t] + [ctypes.c_int] * 3 + [ctypes.c_long]
readable, unreadable = mmap.PROT_READ | mmap.PROT_WRITE, 0
pages = libc.mmap(None, 2 * mmap.PAGESIZE, readable, mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS, -1, 0)
ctypes.memmove(pages, known, mmap.PAGESIZE)
libc.mprotect(ctypes.c_void_p(pages + mmap.PAGESIZE), ctypes.c_size_t(mmap.PAGESIZE), unreadable)

print('ready %x %x' % (ctypes.addressof(known), pages + mmap.PAGESIZE), flush=True)
time.sleep(3600)
