"""A busy leaf under DEPTH calls, and THREADS - 1 sleeping threads that are as deep.

Usage: depth.py DEPTH [THREADS]
"""
import sys
import threading
import time


def busy():
    value = 0
    while True:
        for i in range(200):
            value = (value * 3 + i) & 0xFFFF


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
depth = int(sys.argv[1])
idle_threads = int(sys.argv[2]) - 1 if len(sys.argv) > 2 else 0
sys.setrecursionlimit(20000)
for _ in range(idle_threads):
    threading.Thread(target=descend, args=(depth, sleep), daemon=True).start()
for _ in range(idle_threads):
    asleep.acquire()
descend(depth, announced)
