"""Python functions that are called in all the ways in which the interpreter calls one: each way has its family.

As in chains.py only functions of the same family are ever on one stack, in the order of their digits:
main > property1 > property2 > property3, main > sort1 > sort2 > sort3 and so on. The names are those of the code
objects: __init__ is called create2 here. A sampled stack of two families, or with a digit left out, never existed.
"""
import functools


def leaf(family):
    """The busy innermost function of a family."""
    space = {}
    exec('def %s3(n):\n    return (n * 3 + 1) & 0xFFFF' % family, space)
    return space[family + '3']


property3, item3, missing3, sort3, map3, raise3, create3, operator3, enter3, iterate3, spread3, bound3, partial3 = [
    leaf(family)
    for family in (
        'property', 'item', 'missing', 'sort', 'map', 'raise', 'create', 'operator', 'enter', 'iterate', 'spread',
        'bound', 'partial',
    )
]


class Property(object):
    def property2(self):
        return property3(1)

    value = property(property2)


def property1(rounds):
    own = Property()
    for _ in range(rounds):
        own.value


class Item(object):
    def item2(self, key):
        return item3(key)

    __getitem__ = item2


def item1(rounds):
    own = Item()
    for n in range(rounds):
        own[n]


class Missing(object):
    def missing2(self, name):
        return missing3(1)

    __getattr__ = missing2


def missing1(rounds):
    own = Missing()
    for _ in range(rounds):
        own.lacking


def sort2(n):
    return -sort3(n)


def sort1(rounds):
    numbers = list(range(20))
    for _ in range(rounds // 20):
        sorted(numbers, key=sort2)


def map2(n):
    return map3(n)


def map1(rounds):
    for _ in map(map2, range(rounds)):
        pass


def raise2(n):
    if raise3(n) >= 0:
        raise ValueError(n)


def raise1(rounds):
    for n in range(rounds):
        try:
            raise2(n)
        except ValueError:
            pass


class Create(object):
    def create2(self, n):
        self.n = create3(n)

    __init__ = create2


def create1(rounds):
    for n in range(rounds):
        Create(n)


class Operator(object):
    def operator2(self, other):
        return operator3(other)

    __add__ = __lt__ = operator2


def operator1(rounds):
    own = Operator()
    for n in range(rounds):
        own + n
        own < n


class Enter(object):
    def enter2(self, *error):
        return enter3(1) and None

    __enter__ = __exit__ = enter2


def enter1(rounds):
    own = Enter()
    for _ in range(rounds // 2):
        with own:
            pass


class Iterate(object):
    def iterate2(self):
        return iterate3(1)

    __next__ = iterate2

    def __iter__(self):
        return self


def iterate1(rounds):
    for _ in zip(range(rounds), Iterate()):
        pass


def spread2(*args, **options):
    return spread3(*args, **options)


def spread1(rounds):
    args = (1,)
    for _ in range(rounds):
        spread2(*args)


class Bound(object):
    def bound2(self, n=1):
        return bound3(n)


def bound1(rounds):
    own = Bound()
    method = own.bound2
    for n in range(rounds // 2):
        own.bound2(n)
        method()


def partial2(n, step=1):
    return partial3(n + step)


def partial1(rounds):
    call = functools.partial(partial2, step=2)
    for n in range(rounds):
        call(n)


families = [
    property1, item1, missing1, sort1, map1, raise1, create1, operator1, enter1, iterate1, spread1, bound1, partial1,
]


def main(turns, rounds):
    for _ in range(turns):
        for family in families:
            family(rounds)


main(1, 2000)
print('ready', flush=True)
while True:
    main(1000, 5000)
