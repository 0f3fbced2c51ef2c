"""As many instructions as one file of Python 3.7 has, and newer syntax where it is understood."""
import math as m
from os import path, sep as separator

a, b = 5, 3
print(a + b, a - b, a * b, a / b, a // b, a % b, a**b, a << b, a >> b, a & b, a | b, a ^ b, -a, +a, ~a, not a)
a += b
a -= 1
a *= 2
a //= 3
a %= 7
a **= 2
a <<= 1
a >>= 1
a |= 8
a &= 0xFF
a ^= 3
a /= 2
values = [1, 2, 3, *range(4), a]
values[1] = 9
values[2:4] = [7, 7]
del values[0], values[-1:]
print(values[1:], values[::2], (1, *values), {*values, 5}, {**{'x': 1}, 'y': a})
d = {'k': 1}
d['k'] += 1
del d['k']
print(1 < a < 100, a is None, a is not None, 1 in values, 9 not in values, a == 1 or b and a)
print(f'{a!r:>10} {b:{3}} {values!s}', '%s' % a, 'x' 'y')
first, (second, *third) = 1, (2, 3, 4)
x = y = z = first if a else second
assert z, 'message'


class Base:
    __slots__ = ('s',)
    annotated: int = 3

    def __init_subclass__(cls, **more):
        super().__init_subclass__()

    @classmethod
    def make(cls):
        return cls()

    @staticmethod
    def fixed(x, y=2, *rest, k=1, **more):
        return x + y + len(rest) + k + len(more)


class Derived(Base, flag=True):
    def __matmul__(self, other):
        return 'mat'

    def __imatmul__(self, other):
        return self

    def method(self):
        return super().fixed(1)


def scopes(n):
    global made
    made = n
    local = [n]

    def inner():
        nonlocal n
        n += 1
        return n, local

    del local[0]
    return inner


o = Derived()
o.extra = scopes(3)
print(o @ o, o.method(), Base.make() is not None, Base.fixed(*values[:2], **{'k': 3, 'z': 1}), o.extra())
o @= o
del o.extra
for i in range(300):
    if i % 2:
        continue
    elif i > 250:
        break
    while i < 3:
        i += 1
    else:
        i = 0
print(len([i * j for i in range(4) if i for j in range(i)]), {i for i in 'abc'}, {i: j for i, j in zip('ab', 'cd')})
print(m.floor(2.5), path.join('x', 'y'), separator, type(lambda: (yield)), ..., 1j, b'x', 10**20)
try:
    from os import nothing
except ImportError:
    pass
exec('\n'.join('v%d = %d' % (i, i) for i in range(400)) + '\nfor q in range(3):\n' + '\n'.join('    v%d += v%d' % (i, i + 1) for i in range(300)))


def newer(source):
    try:
        code = compile(source, '<newer>', 'exec')
    except SyntaxError:
        return
    exec(code, {})


newer('if (n := 5) > 3:\n    print(f"{n=}")\ndef f(a, /, b):\n    return a + b\nf(1, b=2)\n')
newer('''
def kind(x):
    match x:
        case {"a": [1, *rest], **more}: return rest, more
        case (1, 2) | [3]: return "two"
        case int(n) if n > 3: return n
        case str(): return "text"
        case _: return None
for x in ({"a": [1, 2], "b": 3}, (1, 2), [3], 9, "s", 1.5):
    print(kind(x))
''')
newer('''
try:
    raise ExceptionGroup("g", [ValueError(1), TypeError(2), ExceptionGroup("h", [KeyError(3)])])
except* ValueError as error:
    print(error.exceptions)
except* (TypeError, KeyError):
    print("others")
try:
    try:
        raise ExceptionGroup("g", [ValueError(1), OSError()])
    except* ValueError:
        pass
except ExceptionGroup as error:
    print(error)
''')
newer('type Pair[T] = tuple[T, T]\ndef first[T: int](x: T) -> T:\n    return x\nclass Of[T]:\n    item: T\nprint(first(3), Pair.__value__)\n')
newer('name = "x"\nt = t"hello {name}"\nprint(t.strings)\n')
