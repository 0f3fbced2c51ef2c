"""Counts the signals of a timer that it has set, by work and by sleep in turns, and then says how many came.

Each is asked for only when the one before has come, so that none is lost by the kernel's merging of equal ones.

Usage: alarms.py COUNT INTERVAL
"""
import os
import signal
import sys
import time

wanted, interval = int(sys.argv[1]), float(sys.argv[2])
seen = 0
longest = 0.0
due = 0.0


def ring(_number, _frame):
    global seen, longest, due
    now = time.time()
    longest = max(longest, now - due)
    seen += 1
    if seen < wanted:
        due = now + interval
        signal.setitimer(signal.ITIMER_REAL, interval)


signal.signal(signal.SIGALRM, ring)
print('ready', os.getpid(), flush=True)
sys.stdin.readline()
due = time.time() + interval
began = time.time()
signal.setitimer(signal.ITIMER_REAL, interval)
while seen < wanted and time.time() - began < 60:
    if seen % 2 == 0:
        sum(range(200))
    else:
        time.sleep(0.0005)
print('seen', seen, 'late %.6f' % longest, 'took %.3f' % (time.time() - began), flush=True)
