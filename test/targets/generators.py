"""Frames that are not on the thread's own stack: generators, and coroutines that await each other.

As in chains.py only functions of the same digit are ever on one stack, in this order:
main > outer1 > middle1 > inner1 > leaf1, and main > outer2 > middle2 > inner2 > leaf2. The first are
generators that delegate with `yield from`, the second coroutines that await, driven without an event loop.

Each function works for some microseconds at a time, as a service does. Usage: generators.py [quick]; with "quick" they
do nothing but switch, which is faster than memory can be read.
"""
import sys

work = 0 if 'quick' in sys.argv else 100


def leaf1(n):
    for i in range(work):
        n = (n * 3 + i) & 0xFFFF
    return n + 1


def inner1(n):
    for _ in range(10):
        n = leaf1(n)
        for i in range(work):
            n = (n * 3 + i) & 0xFFFF
        yield n


def middle1(n):
    for i in range(work):
        n = (n * 3 + i) & 0xFFFF
    yield from inner1(n)


def outer1(n):
    for i in range(work):
        n = (n * 3 + i) & 0xFFFF
    yield from middle1(n)


class Suspension(object):
    """Awaiting it gives control back to main once."""

    def __await__(self):
        yield


def leaf2(n):
    for i in range(work):
        n = (n * 3 + i) & 0xFFFF
    return n + 2


async def inner2(n):
    for _ in range(10):
        n = leaf2(n)
        for i in range(work):
            n = (n * 3 + i) & 0xFFFF
        await suspension
    return n


async def middle2(n):
    for i in range(work):
        n = (n * 3 + i) & 0xFFFF
    return await inner2(n)


async def outer2(n):
    for i in range(work):
        n = (n * 3 + i) & 0xFFFF
    return await middle2(n)


def main(rounds):
    n = 0
    for _ in range(rounds):
        for i in range(work):
            n = (n * 3 + i) & 0xFFFF
        for n in outer1(n & 0xFFFF):
            pass
        coroutine = outer2(n)
        try:
            while True:
                coroutine.send(None)
        except StopIteration as end:
            n = end.value


suspension = Suspension()
main(200)
print('ready', flush=True)
while True:
    main(1000)
