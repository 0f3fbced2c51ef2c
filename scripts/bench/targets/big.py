"""A busy leaf in a process of MEBIBYTES of heap in many objects, with MAPPINGS more mappings.

Usage: big.py MEBIBYTES MAPPINGS
"""
import mmap
import sys


def busy():
    value = 0
    while True:
        for i in range(200):
            value = (value * 3 + i) & 0xFFFF


def descend(depth):
    if depth <= 1:
        print('ready', flush=True)
        busy()
    else:
        descend(depth - 1)


# Objects of 448 bytes come from the interpreter's own allocator, as a program's objects do.
heap = [bytes(400) for _ in range(int(sys.argv[1]) * 1024 * 1024 // 456)]
# Neighbours of one kind would become one mapping: every second one can be written to.
mappings = [
    mmap.mmap(-1, 4096, prot=mmap.PROT_READ | (mmap.PROT_WRITE if i % 2 else 0))
    for i in range(int(sys.argv[2]))
]
descend(25)
