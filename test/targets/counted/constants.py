"""Constants of every kind that code objects have, and names of every kind, in functions that are executed."""
import sys


def plain():
    value = None
    value = True, False, ..., ()
    value = 1, 300, -70000, 12345678901234567890, -(1 << 100)
    value = 0.5, -0.0, 1e300, 2.5e-7, 3j, -0.5 - 2j
    value = 'text', "it's", 'both \' and "', 'tab\tand\n', 'ä', '\u20ac', '\U0001f600'
    value = '\ud800', '\x00\x7f\xad\u2028'
    value = b'bytes', b"it's", b'\x00\xff\n'
    value = (1,), (1, 2), ((),)
    value = sys.flags in {1, 'one', 2.5}, value in {()}
    return value[1:], value[::2]


def long():
    value = 'x' * 79 + 'y', 'z'
    value = 'xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx'
    value = b'xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx'
    value = '€€€€€€€€€€€€€€€€€€€€€€€€€€€€€€€€€€€€€€€€€€€€€€€€€€€€€€€€€€€€€€€€€€€€€€€€€€€€€€€€€€€€€€€€€€€€€€€€€'
    value = 0x123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef
    value = (1,), (1, (2, (3, (4,)))), ((),)
    value = 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11
    value = ((1, 2, 3, 4, 5, 6, 7), (11, 12, 13, 14, 15, 16, 17), (21, 22, 23, 24, 25, 26), (31, 32, 33, 34, 35, 36, 37))
    value = 'a long text of many words', 'and another one of many words', 'and another one, too, of many words', 'last'
    return value


def names(first, *rest, key='key', **more):
    cell = first

    def inner(free=first):
        global changed
        changed = cell, free, rest
        return sys.maxsize, key

    return inner(), more, [one for one in rest]


class Odd:
    def __init__(self, value):
        self.value = value

    def __repr__(self):
        raise RuntimeError('somebody has asked for a text')

    def __hash__(self):
        return 0

    def __eq__(self, other):
        return self is other


class OddText(str):
    __len__ = __iter__ = __repr__ = Odd.__repr__


def replaced():
    return 'replaced'


many = (1 << 20000, Odd(1), OddText('odd'), [1], (Odd(2), (OddText('two'),)), frozenset([Odd(3)]), slice(1, None, 2))
if hasattr(replaced.__code__, 'replace'):
    replaced.__code__ = replaced.__code__.replace(co_consts=replaced.__code__.co_consts + many)


def crowded():
    return 'crowded'


# More than is kept of one code object.
if hasattr(crowded.__code__, 'replace'):
    texts = tuple('%080d' % number for number in range(900))
    crowded.__code__ = crowded.__code__.replace(co_consts=crowded.__code__.co_consts + texts)


def all_of_them():
    plain()
    long()
    names(1, 2, other=3)
    replaced()
    crowded()


all_of_them()
if sys.argv[1:] == ['loop']:
    print('ready', flush=True)
    while True:
        all_of_them()
