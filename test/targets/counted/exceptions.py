"""Exceptions in the middle of everything: nested, chained, from C, from properties and operators, in with and finally."""
import contextlib


class Odd:
    def __init__(self, n):
        self.n = n

    @property
    def value(self):
        if self.n % 3 == 0:
            raise AttributeError(self.n)
        return self.n

    def __getitem__(self, i):
        if i > 2:
            raise IndexError(i)
        return self.n * i

    def __add__(self, other):
        return self.n + other.missing

    def __bool__(self):
        if self.n == 5:
            raise ValueError('neither')
        return self.n > 1

    def __contains__(self, x):
        return x / (self.n - 4) > 0

    def __eq__(self, other):
        return self.n < other.n

    def __enter__(self):
        return self.n

    def __exit__(self, kind, value, traceback):
        return kind is not None and self.n % 2 == 0


def tries(n, f):
    total = 0
    for i in range(n):
        try:
            x = 1 + f(Odd(i)) + i * 2
            total = total + x
        except (AttributeError, IndexError) as error:
            total += len(str(error))
        except ZeroDivisionError:
            continue
        except TypeError:
            pass
        else:
            total -= 1
        finally:
            total += 1
    return total


def fails(o):
    with o as n:
        with contextlib.suppress(KeyError):
            if n % 3 == 1:
                raise KeyError(n)
        raise IndexError(n)


def nested(o):
    try:
        try:
            return o.value + o[3]
        finally:
            o.n = {}[o.n] if o.n % 5 == 0 else o.n
    except KeyError as error:
        raise TypeError('t') from error


print(tries(20, lambda o: o.value * 2 + 1))
print(tries(20, lambda o: o.value + o[o.n] - o[1]))
print(tries(12, lambda o: (o + o)))
print(tries(12, lambda o: (3 in o) + (2 in o)))
print(tries(12, fails))
print(tries(20, nested))
for i in range(9):
    try:
        print('yes' if Odd(i) else 'no', Odd(i) == Odd(4), end=' ')
        int('x' * i + '1')
    except ValueError as error:
        print(error.args, end=' ')


def deep(n):
    if n == 0:
        raise LookupError
    a = [n, n + 1]
    return [a[0] + deep(n - 1) * 2 for _ in a]


for n in range(8):
    try:
        deep(n)
    except LookupError:
        pass
for path in (None, 1.5, 'no/such/file'):
    try:
        open(path + '/x' if path else path)
    except (OSError, TypeError) as error:
        print(type(error).__name__)
