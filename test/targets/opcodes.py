"""Two kinds of work, told apart by their instructions; the argument picks one, or both take turns.

arithmetic() is made of BINARY_* (3.11 on: BINARY_OP) and STORE_FAST on small integers,
attributes() of LOAD_ATTR and STORE_ATTR on instance attributes.
Usage: opcodes.py [arithmetic | attributes]
"""
import sys


class Point(object):
    def __init__(self):
        self.x = 1
        self.y = 2


def arithmetic(rounds):
    a, b, c = 1, 2, 3
    for i in range(rounds):
        a = (a + i) & 0xFFFF
        b = (b * 3) & 0xFFFF
        c = a - b
    return c


def attributes(rounds):
    point = Point()
    for _ in range(rounds):
        point.x = point.y
        point.y = point.x
    return point


phases = [phase for phase in (arithmetic, attributes) if phase.__name__ in (sys.argv[1:] or phase.__name__)]
for phase in phases:
    phase(20000)
print('ready', flush=True)
while True:
    for phase in phases:
        phase(1000000)
