"""Functions whose variables are always of the types that their names tell, of objects that live for one round only,
in memory that objects of other types have a moment later.

Usage: looks.py     runs them for ever
"""
import decimal


class Held(object):
    __slots__ = ('one', 'two')


def short(rounds):
    base = decimal.Decimal(1)
    for _ in range(rounds):
        a_decimal = -base
        total = a_decimal + base
        total = a_decimal - base
        del a_decimal, total
        others = [str(1.5), (1, 2, 3), b'x' * 70, Held(), 1.5 * rounds, 1 << 90, {}]
        del others


def turns(rounds):
    for number in range(rounds):
        an_int = number << 70
        a_float = number * 0.5
        total = a_float + an_int
        total = a_float - an_int
        del an_int, a_float
        other = [0.5 + number, number << 80]
        del other
    return total


def both():
    while True:
        short(1000)
        turns(1000)


short(2000)
turns(2000)
print('ready', flush=True)
both()
