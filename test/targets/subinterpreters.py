"""busy_inside in a sub-interpreter, on a thread of its own, besides busy_outside in the main interpreter.

Both give the GIL up by themselves: from 3.9 to 3.11 an interpreter cannot ask another one for it.
Where no module makes sub-interpreters it says "unsupported" and ends.
"""
import os
import sys
import threading
import time

INSIDE = '''
import os, time
def busy_inside():
    value = 0
    while True:
        for i in range(100000):
            value = (value * 3 + i) & 0xFFFF
        time.sleep(0.001)
os.write(%d, b'.')
busy_inside()
'''


def busy_outside():
    value = 0
    while True:
        for i in range(100000):
            value = (value * 3 + i) & 0xFFFF
        time.sleep(0.001)


def runner():
    """The function that runs source in a new interpreter: its module has had three names."""
    try:
        import _interpreters
        return lambda source: _interpreters.exec(_interpreters.create(), source)
    except ImportError:
        pass
    try:
        import _xxsubinterpreters
        return lambda source: _xxsubinterpreters.run_string(_xxsubinterpreters.create(), source)
    except ImportError:
        pass
    try:
        import _testcapi
        return _testcapi.run_in_subinterp
    except ImportError:
        return None


def main():
    run = runner()
    if run is None:
        print('unsupported', flush=True)
        sys.exit(0)
    reading, writing = os.pipe()
    threading.Thread(target=run, args=(INSIDE % writing,), name='sub', daemon=True).start()
    os.read(reading, 1)
    print('ready', flush=True)
    busy_outside()


main()
