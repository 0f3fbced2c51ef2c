"""A little of everything that a sampler meets, for recorded images of memory: recursion, generators and coroutines,
calls through C, exceptions, instrumented code, names that are not ASCII, in three threads that are started without
the module `threading`.
"""
import sys
import time
from functools import reduce

try:
    import _thread
except ImportError:
    import thread as _thread


def leaf(n):
    return (n * 3 + 1) & 0xFFFF


def recurse(depth):
    if depth == 0:
        return leaf(depth)
    return recurse(depth - 1) + leaf(depth)


def chain():
    while True:
        for depth in (3, 9, 27):
            recurse(depth)


class Näme(object):
    @property
    def text(self):
        return sorted(range(3), key=self.key)

    def key(self, n):
        return -leaf(n)

    def __getattr__(self, name):
        return reduce(lambda a, b: a + leaf(b), range(3))


def through_c():
    one = Näme()
    while True:
        one.text
        one.missing
        list(map(leaf, range(3)))
        try:
            fail(3)
        except ValueError:
            leaf(1)


def fail(depth):
    if depth == 0:
        raise ValueError
    fail(depth - 1)


def inner(n):
    for i in range(n):
        yield leaf(i)


def outer(n):
    yield from inner(n)


class Suspension(object):
    def __await__(self):
        yield leaf(1)


async def wait():
    await Suspension()
    return leaf(2)


async def awaiting():
    return await wait()


def generators():
    while True:
        sum(outer(5))
        coroutine = awaiting()
        try:
            while True:
                coroutine.send(None)
        except StopIteration:
            pass


def traced():
    if hasattr(sys, 'monitoring'):
        monitoring = sys.monitoring
        monitoring.use_tool_id(1, 'images')
        for event in (monitoring.events.LINE, monitoring.events.INSTRUCTION):
            monitoring.register_callback(1, event, lambda *_: None)
        monitoring.set_local_events(1, watched.__code__, monitoring.events.LINE | monitoring.events.INSTRUCTION)
    while True:
        watched(3)


def watched(n):
    total = 0
    for i in range(n):
        total += leaf(i)
    return total


for work in (chain, through_c, generators):
    _thread.start_new_thread(work, ())
time.sleep(1)
print('ready', flush=True)
traced()
