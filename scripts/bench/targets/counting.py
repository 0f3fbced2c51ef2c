"""A busy leaf under DEPTH calls that counts its rounds in FILE, and THREADS - 1 sleeping threads that are as deep.

Usage: counting.py DEPTH THREADS FILE

What test/targets/depth.py does, with its speed told: FILE holds the number of rounds, 8 bytes, little-endian.
"""
import mmap
import sys
import threading
import time


def busy():
    value = 0
    rounds = 0
    while True:
        for i in range(2000):
            value = (value * 3 + i) & 0xFFFF
        rounds += 1
        counted[0] = rounds


def sleep():
    asleep.release()
    time.sleep(3600)


def descend(depth, leaf):
    if depth <= 1:
        leaf()
    else:
        descend(depth - 1, leaf)


def announced():
    print('ready', flush=True)
    busy()


asleep = threading.Semaphore(0)
depth, threads = int(sys.argv[1]), int(sys.argv[2])
with open(sys.argv[3], 'r+b') as file:
    counted = memoryview(mmap.mmap(file.fileno(), 8)).cast('Q')
sys.setrecursionlimit(20000)
for _ in range(threads - 1):
    threading.Thread(target=descend, args=(depth, sleep), daemon=True).start()
for _ in range(threads - 1):
    asleep.acquire()
descend(depth, announced)
