"""Pairs of functions that do the same: "before" has a pattern that heavyops advise finds, "after" has not.

Usage: advice.py NAME before|after    runs that one for ever
       advice.py --time               prints CPU time of each, and what the change saves
"""
import sys
import time

FACTOR = 3


class Span(object):
    def __init__(self, low, high):
        self.low = low
        self.high = high
        self.parts = ()


def overlaps_before(span, other):
    if other.parts == ():
        return span.low < other.high and other.low < span.high
    return any(overlaps_before(span, part) for part in other.parts)


def overlaps_any(span, parts):
    return any(overlaps_after(span, part) for part in parts)


def overlaps_after(span, other):
    if other.parts == ():
        return span.low < other.high and other.low < span.high
    return overlaps_any(span, other.parts)


def cell_before(rounds):
    one, other = Span(1, 5), Span(3, 9)
    for _ in range(rounds):
        overlaps_before(one, other)


def cell_after(rounds):
    one, other = Span(1, 5), Span(3, 9)
    for _ in range(rounds):
        overlaps_after(one, other)


def general_before(rounds):
    x = 0.5
    below = 0
    for _ in range(rounds):
        if x > 1:
            below += 1
        if x > 2:
            below += 1
    return below


def general_after(rounds):
    x = 0.5
    below = 0
    for _ in range(rounds):
        if x > 1.0:
            below += 1
        if x > 2.0:
            below += 1
    return below


def function_before(rounds):
    total = 0
    for i in range(rounds):
        double = lambda value: value * 2
        total = double(i)
    return total


def function_after(rounds):
    total = 0
    double = lambda value: value * 2
    for i in range(rounds):
        total = double(i)
    return total


def global_before(rounds):
    total = 0
    for i in range(rounds):
        total = i * FACTOR + FACTOR
    return total


def global_after(rounds):
    total = 0
    factor = FACTOR
    for i in range(rounds):
        total = i * factor + factor
    return total


def attribute_before(rounds):
    span = Span(1, 5)
    total = 0
    for _ in range(rounds):
        total = span.high * span.high + span.high
    return total


def attribute_after(rounds):
    span = Span(1, 5)
    total = 0
    for _ in range(rounds):
        high = span.high
        total = high * high + high
    return total


def container_before(rounds):
    total = 0
    for i in range(rounds):
        weights = [3, 5, 7, 9]
        total = weights[i & 3]
    return total


def container_after(rounds):
    total = 0
    weights = [3, 5, 7, 9]
    for i in range(rounds):
        total = weights[i & 3]
    return total


def dict_before(rounds, key='b'):
    total = 0
    for _ in range(rounds):
        total = {'a': 1, 'b': 2}[key]
    return total


def dict_after(rounds, key='b'):
    total = 0
    values = {'a': 1, 'b': 2}
    for _ in range(rounds):
        total = values[key]
    return total


def searched_before(rounds, low=5, high=9):
    found = False
    for i in range(rounds):
        found = i in (low, high)
    return found


def searched_after(rounds, low=5, high=9):
    found = False
    ends = (low, high)
    for i in range(rounds):
        found = i in ends
    return found


def hashed_before(rounds, low=5):
    found = False
    for i in range(rounds):
        found = low in {i, 7}
    return found


def hashed_after(rounds, low=5):
    found = False
    for i in range(rounds):
        found = low in (i, 7)
    return found


def subscript_before(rounds, row=(1, 5), at=1):
    total = 0
    for _ in range(rounds):
        total = row[at] * row[at] + row[at]
    return total


def subscript_after(rounds, row=(1, 5), at=1):
    total = 0
    for _ in range(rounds):
        value = row[at]
        total = value * value + value
    return total


def types_before(rounds, values=(1, 0.5, 2, 1.5) * 25):
    total = 0
    for _ in range(rounds // 100):
        for value in values:
            total = value + value
    return total


def types_after(rounds, ints=(1, 2) * 25, floats=(0.5, 1.5) * 25):
    total = 0
    for _ in range(rounds // 100):
        for value in ints:
            total = value + value
        for value in floats:
            total = value + value
    return total


def compared_before(rounds, pairs=((1, 2), (0.5, 1.5)) * 50):
    above = 0
    for _ in range(rounds // 100):
        for low, high in pairs:
            if low > high:
                above += 1
    return above


def compared_after(rounds, pairs=((1.0, 2.0), (0.5, 1.5)) * 50):
    above = 0
    for _ in range(rounds // 100):
        for low, high in pairs:
            if low > high:
                above += 1
    return above


def doubled(value):
    return value * 2 + 1


def call_before(rounds):
    total = 0
    for i in range(rounds):
        total = doubled(i)
    return total


def call_after(rounds):
    total = 0
    for i in range(rounds):
        total = i * 2 + 1
    return total


NAMES = (
    'cell', 'general', 'types', 'compared', 'function', 'container', 'dict', 'searched', 'hashed',
    'call', 'global', 'attribute', 'subscript',
)


def measured(function):
    function(20000)
    times = []
    for _ in range(7):
        start = time.process_time()
        function(200000)
        times.append(time.process_time() - start)
    return min(times) / 200000 * 1e9


if sys.argv[1] == '--time':
    for name in NAMES:
        before, after = measured(globals()[name + '_before']), measured(globals()[name + '_after'])
        print('%s %.1f ns before, %.1f ns after: %+.0f %%' % (name, before, after, (after / before - 1) * 100))
    sys.exit()
chosen = globals()['_'.join(sys.argv[1:])]
chosen(20000)
print('ready', flush=True)
while True:
    chosen(1000000)
