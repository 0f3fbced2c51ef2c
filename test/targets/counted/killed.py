"""SIGTERM, in the middle of a call."""
import os
import signal


def work(n):
    total = 0
    for i in range(n):
        total += i
    return total


def ends(n):
    return n + os.kill(os.getpid(), signal.SIGTERM)


work(500)
print('before', flush=True)
ends(work(3))
work(10)
