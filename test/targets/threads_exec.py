"""Works on four threads, of which one runs another program after a while, and so ends the others.

Usage: threads_exec.py SECONDS PROGRAM ARGUMENTS...
"""
import os
import sys
import threading
import time


def work():
    while True:
        sum(range(1000))


def leave(seconds, program):
    time.sleep(seconds)
    os.execvp(program[0], program)


for _ in range(3):
    threading.Thread(target=work, daemon=True).start()
threading.Thread(target=leave, args=(float(sys.argv[1]), sys.argv[2:]), daemon=True).start()
print('ready', os.getpid(), flush=True)
work()
