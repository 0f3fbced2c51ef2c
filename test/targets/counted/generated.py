"""Programs made at random, of everything that decides where a line begins and what runs next: SEED in the environment.

Each is a module of functions that call each other, with statements that are spread over lines and pressed into one."""
import os
import sys


class Chance:
    def __init__(self, seed):
        self.state = seed * 2654435761 % 2 ** 32 or 1

    def below(self, n):
        self.state = (self.state * 1103515245 + 12345) % 2 ** 31
        return (self.state >> 8) % n

    def of(self, choices):
        return choices[self.below(len(choices))]

    def likely(self, percent):
        return self.below(100) < percent


class Writer:
    """Writes one function at a time. What runs is bounded by `spend`, which each loop and call pays."""

    def __init__(self, seed):
        self.chance = Chance(seed)
        self.lines = []
        self.depth = 0
        self.names = 0

    def name(self):
        return self.chance.of('abcd')

    def put(self, text):
        self.lines.append('    ' * self.depth + text)

    def atom(self):
        return self.chance.of([self.name(), str(self.chance.below(7)), self.name(), '1.5', 'n'])

    def expression(self, levels):
        if levels <= 0:
            return self.atom()
        one, two = self.expression(levels - 1), self.expression(levels - 2)
        kinds = [
            lambda: '(%s + %s)' % (one, two),
            lambda: '(%s * 2 %% 5)' % one,
            lambda: '(%s if %s else %s)' % (one, self.condition(levels - 1), two),
            lambda: '(%s and %s)' % (one, two),
            lambda: '(%s or %s)' % (one, two),
            lambda: 'len([%s for x in range(%d) if x != %s])' % (self.chance.of(['x', one]), self.chance.below(4), two),
            lambda: 'sum(x + %s for x in (1, 2))' % two,
            lambda: '(%s := %s)' % (self.name(), one) if sys.version_info >= (3, 8) else one,
            lambda: '(lambda q: q + %s)(%s)' % (two, one),
            lambda: 'twice(%s)' % one,
            lambda: 'max(\n%s,\n%s)' % (one, two),
            lambda: 'twice(\n    twice(%s)\n    + %s\n)' % (one, two),
            lambda: 'call(%s)' % one,
            lambda: 'boxed(%s).value' % one,
            lambda: 'boxed(%s).get()' % one,
            lambda: '(boxed(%s) + %s)' % (one, two),
            lambda: 'fails(%s)' % one,
            lambda: '{1: %s}[%s]' % (one, two),
            lambda: "len(f'{%s} {%s!r}')" % (self.name(), self.name()),
            lambda: '[%s, *range(2)][0]' % one,
            lambda: 'not %s' % one,
            lambda: '(%s < %s <= %s)' % (one, two, self.atom()),
            lambda: 'either(%s)(%s)' % (one, two),
        ]
        return self.chance.of(kinds)()

    def condition(self, levels):
        one, two = self.expression(levels - 1), self.expression(levels - 2)
        return self.chance.of(['%s < %s', '%s and %s', '%s or\\\n %s', 'not %s and %s', '%s != 3 or %s', '1 < %s < %s']) % (one, two)

    def block(self, levels, in_loop):
        self.depth += 1
        if self.chance.likely(8):
            self.put('pass')
        for _ in range(1 + self.chance.below(3)):
            self.statement(levels, in_loop)
        self.depth -= 1

    def statement(self, levels, in_loop):
        simple = [
            lambda: '%s = %s' % (self.name(), self.expression(2)),
            lambda: '%s += %s' % (self.name(), self.expression(1)),
            lambda: '%s; %s = 1; %s' % (self.expression(1), self.name(), self.expression(1)),
            lambda: '%s, *%s = %s, 2, 3; %s = 4' % ('a', 'b', self.expression(1), 'b'),
            lambda: 'if %s: %s = %s' % (self.condition(1), self.name(), self.expression(1)),
            lambda: 'for %s in range(%d): %s' % (self.name(), self.chance.below(5), self.expression(1)),
            lambda: 'while spend() and (%s): %s = %s' % (self.condition(1), self.name(), self.expression(1)),
            lambda: 'assert spend(), %s' % self.expression(1),
            lambda: 'return %s' % self.expression(2) if self.chance.likely(15) else 'a = b',
            lambda: 'raise ValueError(%s)' % self.expression(1) if self.chance.likely(15) else 'b = a',
            lambda: self.chance.of(['break', 'continue']) if in_loop else 'c = d',
            lambda: 'yield %s' % self.expression(1) if self.is_generator else 'd = 1',
            lambda: '%s = yield' % self.name() if self.is_generator else 'd = %s' % self.expression(2),
            lambda: 'yield from numbers(%s)' % self.atom() if self.is_generator else 'd = 2',
            lambda: 'del c; c = %s' % self.expression(1),
            lambda: 'list(generator_of(numbers, 3))',
        ]
        if levels <= 0 or self.chance.likely(50):
            self.put(self.chance.of(simple)())
            return
        getattr(self, self.chance.of(['conditional', 'loop', 'repeat', 'attempt', 'attempt', 'within', 'nested', 'case']))(
            levels - 1, in_loop
        )

    def conditional(self, levels, in_loop):
        self.put('if %s:' % self.condition(2))
        self.block(levels, in_loop)
        if self.chance.likely(30):
            self.put('elif %s:' % self.condition(1))
            self.block(levels, in_loop)
        if self.chance.likely(50):
            self.put('else:')
            self.block(levels, in_loop)

    def loop(self, levels, in_loop):
        kinds = ['for %s in range(%s):', 'for %s in numbers(%s):', 'for %s, _ in enumerate(numbers(%s)):', 'for %s in counted(%s):']
        self.put(self.chance.of(kinds) % (self.name(), self.chance.below(6)))
        self.depth += 1
        self.put('if not spend(): break')
        self.depth -= 1
        self.block(levels, True)
        self.otherwise(levels, in_loop)

    def repeat(self, levels, in_loop):
        self.put('while spend() and (%s):' % self.condition(2))
        self.block(levels, True)
        self.otherwise(levels, in_loop)

    def otherwise(self, levels, in_loop):
        if self.chance.likely(25):
            self.put('else:')
            self.block(levels, in_loop)

    def attempt(self, levels, in_loop):
        self.put('try:')
        self.block(levels, in_loop)
        if self.chance.likely(75):
            self.put(self.chance.of(['except ValueError:', 'except (TypeError, KeyError) as error:', 'except Exception:']))
            self.block(levels, in_loop)
            if self.chance.likely(20):
                self.put('else:')
                self.block(levels, in_loop)
            if self.chance.likely(70):
                return
        self.put('finally:')
        self.block(levels, False)

    def within(self, levels, in_loop):
        self.put(self.chance.of(['with boxed(%s):', 'with boxed(%s) as c, boxed(1):', 'with boxed(\n%s\n):']) % self.expression(1))
        self.block(levels, in_loop)

    def nested(self, levels, in_loop):
        self.names += 1
        self.put('def inner%d(n, a=1, b=2, c=3, d=4):' % self.names)
        kept, self.is_generator = self.is_generator, self.chance.likely(30)
        self.block(levels, False)
        self.is_generator = kept
        self.put('c = run(inner%d, %s)' % (self.names, self.expression(1)))

    def case(self, levels, in_loop):
        if sys.version_info < (3, 10):
            return self.conditional(levels, in_loop)
        self.put('match %s:' % self.chance.of([self.expression(1), '[%s, 2]' % self.atom()]))
        self.depth += 1
        for pattern in ('[1, *_]', '0 | 1', 'int(x) if x > 3', 'float()', '_'):
            if self.chance.likely(50):
                self.put('case %s:' % pattern)
                self.block(levels, in_loop)
                if pattern == '_':
                    break
        else:
            self.put('case None: pass')
        self.depth -= 1

    def function(self, number):
        self.is_generator = self.chance.likely(25)
        self.put('')
        self.put('def f%d(n, a=1, b=2, c=3, d=4):' % number)
        for _ in range(2 + self.chance.below(3)):
            self.block(3, False)


prelude = '''
left = 0

def spend():
    global left
    left -= 1
    return left > 0

def twice(x):
    return x if not spend() else x * 2

def either(x):
    return len if x == 1 else twice if spend() else abs

def fails(x):
    if x == 2: raise ValueError(x)
    return x

class boxed:
    def __init__(self, value):
        self.value = value
    def get(self):
        return self.value
    def __add__(self, other):
        return self.value + other
    def __enter__(self):
        return self.value
    def __exit__(self, kind, value, traceback):
        return kind is KeyError

class counted:
    def __init__(self, n):
        self.n = n
    def __iter__(self):
        return self
    def __next__(self):
        self.n -= 1
        if self.n < 0: raise StopIteration
        return self.n

def numbers(n):
    try:
        for i in range(n if isinstance(n, int) and n < 9 else 2):
            got = yield i
            if got: yield got
    except ValueError as error:
        yield len(str(error))
    finally:
        spend()

def generator_of(f, n):
    yield from f(n)

def run(function, n):
    if not spend():
        return 0
    try:
        result = function(n)
        if not hasattr(result, 'send'):
            return result
        total = 0
        for step in range(6):
            try:
                got = next(result) if step != 2 else result.send(n)
                if step == 4: got = result.throw(ValueError(n))
            except StopIteration:
                break
            total += got if isinstance(got, int) else 1
        else:
            result.close()
        return total
    except (ArithmeticError, LookupError, TypeError, ValueError, NameError, RuntimeError, AttributeError, AssertionError):
        return 3

def call(n):
    global turn
    turn += 1
    return run(functions[turn % len(functions)], n)

turn = 0
'''


def program(seed):
    writer = Writer(seed)
    count = 3 + writer.chance.below(4)
    for number in range(count):
        writer.function(number)
    names = ', '.join('f%d' % number for number in range(count))
    calls = 'for n in range(40):\n    for f in functions:\n        left = 25; run(f, n % 7)\n'
    return prelude + '\n'.join(writer.lines) + '\nfunctions = [%s]\n' % names + calls


first, count = [int(word) for word in os.environ.get('SEED', '1:3').split(':')]
for seed in range(first, first + count):
    text = program(seed)
    try:
        code = compile(text, '/generated/%d.py' % seed, 'exec')
    except SyntaxError:  # such as a name that is assigned to in a comprehension
        print(seed, 'is no program')
        continue
    exec(code, {'__name__': 'generated'})
    print(seed, len(code.co_code))
