"""Generators: delegated, closed early, thrown into, never started, left alone; iterators of their own."""


def numbers(n):
    try:
        for i in range(n):
            got = yield i
            if got:
                yield got * 2
    except ValueError as error:
        yield str(error)
    finally:
        n = -1


def delegating(n):
    result = yield from numbers(n)
    return result


def returning():
    value = yield from inner()
    yield value


def inner():
    yield 1
    return 'done'


assert list(delegating(20)) == list(range(20))
g = numbers(5)
next(g)
g.send(7)
print(g.throw(ValueError('thrown')))
g.close()
g = delegating(9)
next(g), next(g)
print(g.throw(ValueError('deep')))
del g
numbers(3)
left = numbers(3)
next(left)
print(list(returning()), sum(x * y for x in range(5) for y in numbers(x)))
h = numbers(4)
try:
    next(h)
    h.throw(KeyError('out'))
except KeyError as error:
    print(error)


class Countdown:
    def __init__(self, n):
        self.n = n

    def __iter__(self):
        return self

    def __next__(self):
        if self.n == 0:
            raise StopIteration
        self.n -= 1
        return self.n


print([x for x in Countdown(6)], *Countdown(3), sum(numbers(40)))
first, *rest = numbers(5)
for i, (a, b) in enumerate(zip(numbers(30), Countdown(12))):
    if i == 9:
        break
else:
    print('not here')


def stops():
    yield 1
    raise StopIteration


try:
    list(stops())
except RuntimeError as error:
    print(error)
