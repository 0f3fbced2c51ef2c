"""Pairs of functions that do the same: in "before" an instruction works on types that it has no form for, or on several
in turn, in "after" it does not.

Usage: advice_types.py NAME before|after    runs that one for ever
       advice_types.py --time               prints CPU time of each, and what the change saves
"""
import array
import collections
import functools
import operator
import sys
import time


class Shape(object):
    def area(self):
        return self.size + self.size


class Circle(Shape):
    def __init__(self, size):
        self.size = size


class Square(Shape):
    def __init__(self, size):
        self.name = 'square'
        self.size = size


class Place(object):
    __slots__ = ('x', 'y')

    def __init__(self, x, y):
        self.x = x
        self.y = y


Point = collections.namedtuple('Point', 'x y')


class Options(object):
    def __init__(self, values):
        self.values = values

    def __getattr__(self, name):
        return self.values[name]


class PlainOptions(object):
    def __init__(self, values):
        self.values = values
        self.depth = values['depth']


class Gauge(object):
    def __init__(self):
        self._value = 0

    @property
    def value(self):
        return self._value

    @value.setter
    def value(self, value):
        self._value = value


class Scaled(object):
    def __init__(self, factor):
        self.factor = factor

    def __call__(self, value):
        return value * self.factor

    def scaled(self, value):
        return value * self.factor


class Queue(object):
    def __init__(self):
        self.items = [1, 2]

    def __len__(self):
        return len(self.items)


def times(factor, value):
    return value * factor


def classes_before(rounds, shapes=[Circle(1), Square(2)] * 50):
    total = 0
    for _ in range(rounds // 100):
        for shape in shapes:
            total = shape.size + shape.size + shape.size
    return total


def classes_after(rounds, circles=[Circle(1)] * 50, squares=[Square(2)] * 50):
    total = 0
    for _ in range(rounds // 100):
        for shape in circles:
            total = shape.size + shape.size + shape.size
        for shape in squares:
            total = shape.size + shape.size + shape.size
    return total


def stores_before(rounds, shapes=[Circle(1), Square(2)] * 50):
    for _ in range(rounds // 100):
        for shape in shapes:
            shape.size = 1
            shape.size = 2


def stores_after(rounds, circles=[Circle(1)] * 50, squares=[Square(2)] * 50):
    for _ in range(rounds // 100):
        for shape in circles:
            shape.size = 1
            shape.size = 2
        for shape in squares:
            shape.size = 1
            shape.size = 2


def methods_before(rounds, shapes=[Circle(1), Square(2)] * 50):
    total = 0
    for _ in range(rounds // 100):
        for shape in shapes:
            total = shape.area()
    return total


def methods_after(rounds, circles=[Circle(1)] * 50, squares=[Square(2)] * 50):
    total = 0
    for _ in range(rounds // 100):
        for shape in circles:
            total = shape.area()
    for _ in range(rounds // 100):
        for shape in squares:
            total = shape.area()
    return total


def sequences_before(rounds, pairs=[[1, 2], (3, 4)] * 50):
    for _ in range(rounds // 100):
        for pair in pairs:
            x, y = pair
    return x + y


def sequences_after(rounds, pairs=[(1, 2), (3, 4)] * 50):
    for _ in range(rounds // 100):
        for pair in pairs:
            x, y = pair
    return x + y


def stored_before(rounds, table=collections.OrderedDict(a=1, b=2)):
    for i in range(rounds):
        table['b'] = i


def stored_after(rounds, table=dict(a=1, b=2)):
    for i in range(rounds):
        table['b'] = i


def array_before(rounds, values=array.array('d', [0.5, 1.5, 2.5, 3.5])):
    total = 0
    for i in range(rounds):
        total = values[i & 3]
    return total


def array_after(rounds, values=array.array('d', [0.5, 1.5, 2.5, 3.5])):
    total = 0
    values = list(values)
    for i in range(rounds):
        total = values[i & 3]
    return total


def deque_before(rounds, values=collections.deque([5, 6, 7, 8])):
    total = 0
    for i in range(rounds):
        total = values[i & 3]
    return total


def deque_after(rounds, values=collections.deque([5, 6, 7, 8])):
    total = 0
    values = list(values)
    for i in range(rounds):
        total = values[i & 3]
    return total


def fields_before(rounds, points=[Point(1, 2), Point(3, 4)] * 50):
    total = 0
    for _ in range(rounds // 100):
        for point in points:
            total = point.x + point.y
    return total


def fields_after(rounds, points=[Place(1, 2), Place(3, 4)] * 50):
    total = 0
    for _ in range(rounds // 100):
        for point in points:
            total = point.x + point.y
    return total


def items_before(rounds, points=[Point(1, 2), Point(3, 4)] * 50):
    total = 0
    for _ in range(rounds // 100):
        for point in points:
            total = point[0] + point[1]
    return total


def items_after(rounds, points=[(1, 2), (3, 4)] * 50):
    total = 0
    for _ in range(rounds // 100):
        for point in points:
            total = point[0] + point[1]
    return total


def unpack_before(rounds, point=Point(1, 2)):
    for _ in range(rounds):
        x, y = point
    return x + y


def unpack_after(rounds, point=Point(1, 2)):
    point = tuple(point)
    for _ in range(rounds):
        x, y = point
    return x + y


def dynamic_before(rounds, options=Options({'depth': 3})):
    total = 0
    for _ in range(rounds):
        total = options.depth + 1
    return total


def dynamic_after(rounds, options=PlainOptions({'depth': 3})):
    total = 0
    for _ in range(rounds):
        total = options.depth + 1
    return total


def setter_before(rounds, gauge=Gauge()):
    for i in range(rounds):
        gauge.value = i


def setter_after(rounds, gauge=Gauge()):
    for i in range(rounds):
        gauge._value = i


def partial_before(rounds, triple=functools.partial(times, 3)):
    total = 0
    for i in range(rounds):
        total = triple(i)
    return total


def partial_after(rounds):
    total = 0
    for i in range(rounds):
        total = times(3, i)
    return total


def getter_before(rounds, row=(5, 6), second=operator.itemgetter(1)):
    total = 0
    for _ in range(rounds):
        total = second(row)
    return total


def getter_after(rounds, row=(5, 6)):
    total = 0
    for _ in range(rounds):
        total = row[1]
    return total


def callable_before(rounds, scaled=Scaled(3)):
    total = 0
    for i in range(rounds):
        total = scaled(i)
    return total


def callable_after(rounds, scaled=Scaled(3)):
    total = 0
    scaled = scaled.__call__
    for i in range(rounds):
        total = scaled(i)
    return total


def listed_before(rounds, allowed=list(range(0, 40, 2))):
    found = False
    for i in range(rounds):
        found = (i & 63) in allowed
    return found


def listed_after(rounds, allowed=list(range(0, 40, 2))):
    found = False
    allowed = set(allowed)
    for i in range(rounds):
        found = (i & 63) in allowed
    return found


def truth_before(rounds, queue=Queue()):
    found = 0
    for _ in range(rounds):
        if queue:
            found += 1
    return found


def truth_after(rounds, queue=Queue()):
    found = 0
    for _ in range(rounds):
        if queue is not None:
            found += 1
    return found


NAMES = [name[:-7] for name in list(globals()) if name.endswith('_before')]


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
