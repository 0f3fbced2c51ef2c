"""Functions that look much like what heavyops advise finds, but where the change would be wrong, or for nothing.

Usage: advice_none.py NAME    runs that one for ever
"""
import sys


def keep(values, kept=[None]):
    kept[0] = values


def container(rounds):
    last = None
    for i in range(rounds):
        given = [1, 2, 3]
        keep(given)
        changed = [1, 2, 3]
        changed[i & 1] = i
        grown = [1, 2, 3]
        grown.append(i)
        last = {'a': 1, 'b': 2}
        named = [1, 2, 3]
        other = named
        other[0] = i
        twice = [4, 5, 6]
        if i & 1:
            twice = [7, 8, 9]
        last = {'a': i, 'b': 2}['a']
        last = i in (last, i)
        for last in {i & 1, i & 2}:
            pass
        for last in {i, last}:
            pass
        empty = []
        empty += [1, 2]
        pairs = [j for j in (1, 2)]
    return last, twice[0], pairs


def handled(index):
    try:
        index += 1
    except TypeError:
        index = 0
    weights = [3, 5, 7, 9]
    return weights[index & 3]


def handler(rounds):
    for i in range(rounds):
        handled(i)


class Counting(object):
    def __init__(self):
        self.count = 0

    def __getitem__(self, key):
        self.count += 1
        return self.count


def item_set(row, value):
    row[0] = value
    return value


def subscript(rounds):
    row, counting, key = [1, 2, 3], Counting(), 0
    total = 0
    for i in range(rounds):
        total = row[0] + item_set(row, i) + row[0]
        total = counting[key] + counting[key]
        total = row[0] + counting[key] + row[0]
        total = row[0] + (row[0] if i & 1 else row[1])
        total = (row if i & 1 else counting)[0]
        total = row[0] + row[1] + row[2]
        total = row[0] + (key := 0) + row[key]
    return total


def types(rounds):
    total = 0
    half = 0.5
    for i in range(rounds):
        total = i + i
        total = half + half
        total = half if half > 0.5 else total
    return total


def first(value):
    return value + 1


def second(value):
    return value + 2


def branching(value):
    return value + 1 if value & 1 else value - 1


def counted(value, box=[0]):
    box[0] = value
    return value


def long(value):
    return value * 3 + value * 5 + value * 7 - value * 9 + value


def call(rounds):
    total = 0
    for i in range(rounds):
        total = (first if i & 1 else second)(i)
        total = branching(i)
        total = counted(i)
        total = long(i)
    return total


def outside(rounds):
    for i in range(rounds):
        around(i)


def around(value):
    return first(value)


chosen = globals()[sys.argv[1]]
chosen(20000)
print('ready', flush=True)
while True:
    chosen(1000000)
