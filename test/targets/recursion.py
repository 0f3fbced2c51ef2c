"""A stack of 900 calls of one function, then a busy leaf: main > (descend × 900) > busy."""
import sys


def busy():
    value = 0
    for i in range(1000):
        value = (value * 3 + i) & 0xFFFF
    print('ready', flush=True)
    while True:
        for i in range(1000):
            value = (value * 3 + i) & 0xFFFF


def descend(left):
    if left > 1:
        return descend(left - 1)
    return busy()


def main():
    sys.setrecursionlimit(2000)
    descend(900)


main()
