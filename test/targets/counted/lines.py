"""Code in which lines tell little, or the wrong thing, of what runs next; each part often enough to be known well."""
import asyncio
import gc
import os
import sys


def noted(function):
    return function


def called(function):
    return lambda *a: function(*a)


def in_one_line(n): return n if n < 2 else in_one_line(n - 1) + in_one_line(n - 2)


def either(n, f): return n and f(n)


def neither(n, f): return 0 if not n else 1 if n == 1 else f(n)


def two_ways(n):
    if n % 3: return [n, [n, [n, n + 1]]][1][0]
    return n


def back_and_forth(n):
    return max(
        n,
        twice(
            n) + twice(n
        ), n,
    ) + (n
         if n % 2 else
         twice(
             n))


def twice(n):
    return n * 2


def with_else(n):
    while n > 3:
        n -= 1
        if n == 7:
            break
    else:
        n = 5
    for _ in range(n): n += 1; continue
    a, *b = [n, *range(3)]
    del a
    assert b, 'more'
    return [x for x in b if x] + [y for x in b for y in range(x)] + list(map(lambda x: x + 1, b))


def makes_a_class(n):
    @noted
    @called
    class Made(int if n % 2 else object):
        a = n
        b = [_ for _ in range(2)]

        def get(self): return self.a

    return Made().get()


def raises(n):
    try:
        try:
            if n % 4 == 0: raise KeyError(n)
            return {}[n] if n % 4 == 1 else twice(n)
        except KeyError as error:
            if n % 8 == 0: raise
            n = len(str(error))
        finally: n += 1
    except LookupError: n += 2
    return n


def is_attribute(n):
    """The callee fails and the caller goes on: hasattr catches it in C."""
    return hasattr(Failing(n), 'odd') + (1 if hasattr(Failing(n + 1), 'odd') else 2)


class Failing:
    def __init__(self, n):
        self.n = n

    @property
    def odd(self):
        if self.n % 2: raise AttributeError(self.n)
        return self.n


def changes(n):
    """What has always called Python calls C at last: one by one, and twice in a row."""
    f = twice if n < 50 else abs
    return n if n == 0 else f(n) + f(n)


def yields(n):
    got = yield n
    try: yield got or n
    except ValueError: yield 1
    finally: twice(n)
    return (yield from inner(n))


def inner(n):
    for i in range(n % 3): yield i
    return n


def drives(n):
    g = yields(n)
    next(g), g.send(n)
    if n % 3 == 0: return g.close()
    if n % 3 == 1: g.throw(ValueError)
    return list(g)


class Manager:
    async def __aenter__(self): return self
    async def __aexit__(self, *a): return a[0] is KeyError
    def __aiter__(self):
        self.n = 3
        return self
    async def __anext__(self):
        self.n -= 1
        if not self.n: raise StopAsyncIteration
        return self.n


async def waits(n):
    async with Manager() as m:
        async for x in m:
            if n % 2: raise KeyError(x)
    return [x async for x in Manager() if x > 1]


async def all_wait():
    for n in range(60): await waits(n)


def moved(function, lines):
    """The same code with lines that its compiler did not give it."""
    code = function.__code__
    table = {'co_linetable' if sys.version_info >= (3, 10) else 'co_lnotab': lines(code)}
    return type(function)(code.replace(**table), globals())


def of_no_line(code):  # 3.11: each entry of 8 units without a location
    return bytes([0xff]) * (len(code.co_code) // 16 + 1)


def of_many_lines(code):  # one unit each, the line one more, one less
    return bytes(part for unit in range(len(code.co_code) // 2) for part in (0xe8, 2 if unit % 2 else 3))


def loops(n):
    total = 0
    while n:
        n -= 1
        total += n if n % 2 else twice(n)
    return total


newer = '''
def starred(n):
    try:
        raise ExceptionGroup('g', [ValueError(n), KeyError(n)] if n % 2 else [TypeError(n)])
    except* ValueError: n += 1
    except* (KeyError, TypeError) as e:
        n += len(e.exceptions)
    return n

def matches(n):
    match [n % 4, n]:
        case [0, _]: return 1
        case [1 | 2 as x, y] if y > 20: return x
        case [*_]: return 3
'''

functions = [in_one_line, two_ways, back_and_forth, with_else, makes_a_class, raises, is_attribute, changes, drives, loops]
functions += [lambda n: either(n, twice), lambda n: neither(n % 4, abs if n > 40 else twice)]
if sys.version_info >= (3, 11):
    exec(newer)
    functions += [starred, matches]
    functions += [moved(loops, of_no_line), moved(loops, of_many_lines), moved(two_ways, of_many_lines)]
for n in range(60):
    for function in functions:
        function(n % 12 if function is in_one_line else n)
loop = asyncio.new_event_loop()
loop.run_until_complete(all_wait())
loop.close()



def leaves(n): return n if n else twice(n) + os._exit(3) + twice(n)


def leads(n): return twice(n) + leaves(n) + twice(n)


def parts(n):
    """Goes on in two processes in the middle of a line, below one that has begun before."""
    return [twice(n), os.fork() if n == 599 else leads(n + 1), twice(n)][1]


gc.disable()  # what it would run is not the program's, and comes at other times in a plain trace
for n in range(600): pid = parts(n)
if pid == 0: leads(0)
os.waitpid(pid, 0)
