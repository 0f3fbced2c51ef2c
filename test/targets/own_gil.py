"""Threads that fight for the GIL of a sub-interpreter, which has one of its own, while the main interpreter's is free.

Usage: own_gil.py FIGHTERS. Where no module makes sub-interpreters it says "unsupported" and ends.
"""
import os
import sys
import threading
import time

INSIDE = '''
import os, threading
def fighter():
    value = 0
    while True:
        for i in range(1000):
            value = (value * 3 + i) & 0xFFFF
for number in range(%d):
    threading.Thread(target=fighter).start()
os.write(%d, b'.')
'''


def interpreters():
    """The module that makes sub-interpreters: it has another name on 3.12."""
    try:
        import _interpreters
        return _interpreters, _interpreters.exec
    except ImportError:
        pass
    try:
        import _xxsubinterpreters
        return _xxsubinterpreters, _xxsubinterpreters.run_string
    except ImportError:
        return None, None


def main():
    module, run = interpreters()
    if run is None:
        print('unsupported', flush=True)
        sys.exit(0)
    reading, writing = os.pipe()
    source = INSIDE % (int(sys.argv[1]), writing)
    inner = module.create()  # it ends when nothing refers to it
    threading.Thread(target=run, args=(inner, source), daemon=True).start()
    os.read(reading, 1)
    print('ready', flush=True)
    time.sleep(3600)


main()
