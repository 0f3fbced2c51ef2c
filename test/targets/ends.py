"""Works for a while, then ends as it is told: exits with a code, dies of a signal, or runs another program.

Usage: ends.py SECONDS exit CODE | signal NUMBER | exec PROGRAM ARGUMENTS...
"""
import os
import sys
import time


def work():
    return sum(i * i for i in range(1000))


def main(seconds, way, *rest):
    end = time.time() + float(seconds)
    print('ready', os.getpid(), flush=True)
    while time.time() < end:
        work()
    if way == 'exit':
        sys.exit(int(rest[0]))
    if way == 'signal':
        os.kill(os.getpid(), int(rest[0]))
    os.execvp(rest[0], rest)


if __name__ == '__main__':
    main(*sys.argv[1:])
