# A function for each kind of argument that dis has words for; it is compiled, and never run.
import os.path as path
from os import sep, linesep


def formatted(value, width):
    return f'{value!r:>{width}}' + f'{value!s}' + f'{value}' + f'{value!a}'


def compared(a, b, c):
    if a is b or a is not c or a in b or c not in b:
        return a < b, a <= b, a == b, a != b, a > b, a >= b
    return bool(a < b) and not a == b


def calculated(a, b):
    a += b
    a //= b
    return a + b - a * b / a % b ** a << b >> a & b | a ^ b, -a, ~b, +a, not a


def enclosing(a, *rest, b=3, **others):
    def inner(c=a, *, d=b):
        nonlocal a
        a = c + d
        return rest, others

    return inner


class Base:
    def method(self):
        return self


class Derived(Base):
    kind: str = 'derived'

    def method(self):
        super().method()
        return super().method


def looped(values):
    total = first = 0
    for index, value in enumerate(values):
        if value is None:
            continue
        total, first = first + value, total
        del value
    with open(sep) as file:
        print(path.join(linesep, file.name), end='', sep=sep)
    try:
        assert total, 'none'
    except (ValueError, KeyError) as error:
        raise RuntimeError('no') from error
    return {**{'a': 1}, 'b': [1, 2, *values]}, {1, 2, 3}, (total, 100000, 1.5, None, ...)


async def awaited(source):
    async with source as one:
        return [item async for item in one if await item]


def sliced(values):
    first, *middle, last = values
    values[1:2] = values[::2]
    return first, middle, last, lambda x: x + first
