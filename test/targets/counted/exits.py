"""sys.exit from the depth, with clean-up on the way, and atexit functions behind it."""
import atexit
import sys


def leave(n):
    try:
        if n == 0:
            sys.exit(7)
        leave(n - 1)
    finally:
        for i in range(n):
            pass


@atexit.register
def last():
    print('last', sum(range(10)))


leave(5)
