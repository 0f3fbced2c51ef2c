"""Threads that each wait in one way of their own, most of the time.

Usage: waits.py
"""
import os
import select
import subprocess
import threading
import time


def sleeper():
    while True:
        time.sleep(0.05)


def locker():
    lock = threading.Lock()
    lock.acquire()
    while True:
        lock.acquire(timeout=0.05)


def reader():
    source, _ = os.pipe()
    while True:
        select.select([source], [], [], 0.05)


def waiter():
    while True:
        child = subprocess.Popen(['sleep', '0.5'])
        child.wait()


def worker():
    value = 0
    while True:
        for i in range(1000):
            value = (value * 3 + i) & 0xFFFF


for target in [sleeper, locker, reader, waiter, worker, worker]:
    threading.Thread(target=target, name=target.__name__, daemon=True).start()
print('ready', flush=True)
threading.Event().wait()
