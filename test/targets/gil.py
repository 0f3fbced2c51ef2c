"""Threads that fight for the GIL, named fighter-0 and so on, and others that never need it.

Usage: gil.py FIGHTERS. Threads named sleeper, locker, reader and waiter are in one call for good before a fighter
begins; so is hasher, in C code that computes without the GIL. The main thread sleeps.
"""
import hashlib
import mmap
import os
import socket
import sys
import threading
import time
import zlib


def fighter():
    value = 0
    while True:
        for i in range(1000):
            value = (value * 3 + i) & 0xFFFF


def sleeper():
    time.sleep(3600)


def locker():
    lock = threading.Lock()
    lock.acquire()
    lock.acquire()


def reader():
    ends = socket.socketpair()
    ends[0].recv(1)


def waiter():
    threading.Event().wait()


def hasher():
    if hasattr(hashlib, '_hashlib'):
        hashlib.pbkdf2_hmac('sha256', b'password', b'salt', 2 ** 31 - 1)
    else:  # built without OpenSSL, it would be a loop in Python
        private = mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS
        zlib.crc32(mmap.mmap(-1, 2 ** 37, flags=private, prot=mmap.PROT_READ))  # zeros, which take no memory


def start(target, name):
    threading.Thread(target=target, name=name, daemon=True).start()


def states():
    """Of all other threads, as the kernel has them."""
    found = []
    for task in os.listdir('/proc/self/task'):
        if int(task) != os.getpid():
            with open('/proc/self/task/%s/stat' % task) as file:
                found.append(file.read().rpartition(')')[2].split()[0])
    return sorted(found)


def settle(expected):
    """Until all are there where they stay: they have been for some looks one after another."""
    same = 0
    while same < 10:
        same = same + 1 if states() == expected else 0
        time.sleep(0.01)


def main():
    for target in [sleeper, locker, reader, waiter]:
        start(target, target.__name__)
    settle(['S'] * 4)
    start(hasher, 'hasher')
    settle(['R'] + ['S'] * 4)
    for number in range(int(sys.argv[1])):
        start(fighter, 'fighter-%d' % number)
    print('ready', flush=True)
    time.sleep(3600)


main()
