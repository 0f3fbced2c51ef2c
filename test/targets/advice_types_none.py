"""Functions that look much like those of advice_types.py, but where the change would be wrong, or for nothing.

Usage: advice_types_none.py NAME    runs that one for ever
"""
import collections
import enum
import functools
import sys


class Item(object):
    def __init__(self, size):
        self.size = size


class Other(object):
    def __init__(self, size):
        self.name = 'other'
        self.size = size


class Lazy(object):
    def __init__(self):
        self.size = 3

    def __getattr__(self, name):
        raise AttributeError(name)


class Same(object):
    def __eq__(self, other):
        return True

    __hash__ = None


class Colour(enum.Enum):
    RED = 1
    BLUE = 2

    def __eq__(self, other):
        return other is not None and self.value == other

    __hash__ = enum.Enum.__hash__


def attributes(rounds, items=[Item(1), Item(2)] * 50, lazy=Lazy(), seldom=[Item(1)] * 99 + [Other(1)]):
    """Of one class; of a class with __getattr__, but an attribute that it has; of two, one of them seldom."""
    total = 0
    for _ in range(rounds // 100):
        for item in items:
            total = item.size + lazy.size
            item.size = total
            item.size = 1
        for item in seldom:
            total = item.size
    return total


def phases(rounds, items=[Item(1)] * 500000 + [Other(1)] * 500000):
    """Of two classes, but for long of the same."""
    total = 0
    for _ in range(1 + rounds // len(items)):
        for item in items:
            total = item.size + item.size
    return total


def numbers(rounds, half=0.5, big=1 << 70, words=['a'], flags=[True, False] * 50):
    """Of one type; a number in the code beside a large int."""
    found = 0
    for i in range(rounds // 100):
        for flag in flags:
            found = i + flag
            if big > 5:
                found = i
            if half + half > 2.5:
                found = i
            words + words
        for n in range(100):
            found = n * half
    return found


def compared(rounds, same=Same(), red=Colour.RED, blue=Colour.BLUE, left='abc', right='abd'):
    """Equality of its own; an order that has no form for any strings."""
    found = 0
    for i in range(rounds):
        if same == None:
            found = i
        if red == blue:
            found = i
        if left < right:
            found = i
    return found


def containers(rounds, row=[1, 2, 3], table={'a': 1}, few=[3, 4], size=20):
    """Plain ones; a deque that changes; a list that grows, or is short."""
    queue = collections.deque([1, 2, 3])
    holder = Item(list(range(size)))
    known = list(range(size))
    found = 0
    for i in range(rounds):
        queue.append(i)
        found = queue[0] + queue[1]
        queue.popleft()
        found = row[0] + table['a']
        x, y, z = row
        if i in few:
            found = i
        if i in known:
            known.append(i)
            known.pop()
        if i in holder.size:
            holder.size.append(i)
            holder.size.pop()
    return found


def calls(rounds, functions=[functools.partial(max, 3), functools.partial(min, 3)] * 50, row=[1, 2]):
    """Another one in each round; functions and classes, which have forms or no other way."""
    total = 0
    for _ in range(rounds // 100):
        for function in functions:
            total = function(4)
            total = len(row)
            total = dict(a=1)
            total = Item(3)
            if row:
                total = row
    return total


chosen = globals()[sys.argv[1]]
chosen(20000)
print('ready', flush=True)
while True:
    chosen(1000000)
