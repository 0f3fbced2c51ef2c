"""Threads that use a processor for a known share of the time, and say what they have used.

- part: works for 30 ms of processor time, sleeps for 70 ms, for ever: main > part
- only with the argument "later", one after another, threads that each use 0.5 s of processor time: later. At its end
  each writes a line, "used NANOSECONDS".

The main thread sleeps, or waits for those.
"""
import sys
import threading
import time


def work_until(end):
    value = 0
    while used() < end:
        for i in range(200):
            value = (value * 3 + i) & 0xFFFF


def used():
    return time.clock_gettime(time.CLOCK_THREAD_CPUTIME_ID)


def part():
    while True:
        work_until(used() + 0.03)
        time.sleep(0.07)


def later():
    work_until(0.5)
    print('used %d' % (used() * 1e9), flush=True)


def main():
    threading.Thread(target=part, name='part', daemon=True).start()
    print('ready', flush=True)
    while 'later' in sys.argv:
        thread = threading.Thread(target=later)
        thread.start()
        thread.join()
    time.sleep(3600)


main()
