"""A stack whose frames hold values of every kind, and what Python itself says they look like."""
import collections
import datetime
import enum
import json
import sys
import threading
import time


class Plain(object):
    def __init__(self):
        self.x = 1
        self.name = 'a "b"'

    def method(self):
        pass


class Slotted(object):
    __slots__ = ('left', 'right', 'unset')

    def __init__(self):
        self.left = 1
        self.right = [2]


class SlottedChild(Slotted):
    __slots__ = ('more',)


class SlottedWithDict(Slotted):
    def __init__(self):
        Slotted.__init__(self)
        self.other = None


class MyInt(int):
    pass


class MyList(list):
    pass


class MyDict(dict):
    pass


class MyStr(str):
    pass


class MySet(set):
    pass


class MyError(Exception):
    pass


class Colour(enum.Enum):
    RED = 1
    GREEN = 'g'


class Number(enum.IntEnum):
    ONE = 1


Point = collections.namedtuple('Point', 'x y')

try:
    from dataclasses import dataclass

    @dataclass
    class Pair(object):
        left: int
        right: object = None
except ImportError:
    Pair = None


def expect(namespace, expected, *others):
    """Adds what repr says of the locals to those texts that are given, and leaves `others` out."""
    for name, value in namespace.items():
        if name not in expected and name not in others:
            expected[name] = repr(value)
    return expected


def shown(value, attributes=''):
    where = '%s.%s object at 0x%x' % (type(value).__module__, type(value).__name__, id(value))
    return '<%s%s>' % (where, attributes and ' ' + attributes)


def scalars(then):
    zero, one, minus_one = 0, 1, -1
    digit, two_digits, negative = 2 ** 30 - 1, 2 ** 30, -(2 ** 30)
    large, larger, negative_large = 2 ** 63, 2 ** 64 + 12345, -(2 ** 100) + 1
    huge, negative_huge = 7 ** 400, -(3 ** 700)
    yes, no, nothing, dots, not_implemented = True, False, None, Ellipsis, NotImplemented
    half, minus_zero, tenth, third = 0.5, -0.0, 0.1, 1 / 3
    large_float, almost_large, small_float, almost_small = 1e16, 123456789012345680.0, 1e-5, 0.0001
    greatest, least, whole = sys.float_info.max, 5e-324, 1e15
    nan, infinity, minus_infinity = float('nan'), float('inf'), -float('inf')
    number, imaginary, odd = complex(1, -2.5), 3j, complex(-0.0, float('nan'))
    cut = {'huge': '%s...(339 digits)' % str(huge)[:120], 'negative_huge': '%s...(334 digits)' % str(negative_huge)[:120]}
    expected = expect(locals(), cut, 'then', 'cut')
    then('scalars', expected)


def texts(then):
    empty, ascii_text, quoted, both = '', 'plain', "it's", 'it\'s "both"'
    double, escapes, control = '"x"', 'a\\b\n\r\t', '\x00\x1b[31m\x7f'
    latin, wide, astral, mixed = 'caf\xe9 \xa0', '\u0416\u4e2d\u200b', '\U0001f40d', 'a\u4e2d\U0001f40d\xe9'
    surrogate, long_text = '\udc80', 'x' * 119
    no_bytes, some_bytes, quoted_bytes, both_bytes = b'', b'abc\x00\xff\n', b"it's", b'it\'s "both"'
    array, no_array = bytearray(b'x\x01"'), bytearray()
    subclass = MyStr('sub\xe9')
    wide_characters = never_ready()
    expected = expect(locals(), {'subclass': "MyStr('sub\xe9')"}, 'then', 'wide_characters')
    if wide_characters is not None:
        expected['wide_characters'] = "'w\xe9\u4e2d'"
    then('texts', expected)


def never_ready():
    """To 3.11: a str of wchar_t that nobody has looked at yet, as old extensions make."""
    if sys.version_info >= (3, 12):
        return None
    try:
        import ctypes
    except ImportError:
        return None
    make = ctypes.pythonapi.PyUnicode_FromUnicode
    make.restype, make.argtypes = ctypes.py_object, [ctypes.c_wchar_p, ctypes.c_ssize_t]
    fill = ctypes.pythonapi.PyUnicode_AsUnicode
    fill.restype, fill.argtypes = ctypes.c_void_p, [ctypes.py_object]
    text = make(None, 3)
    ctypes.memmove(fill(text), 'w\xe9\u4e2d'.encode('utf-32-le'), 12)
    return text


def containers(then):
    no_tuple, single, pair, nested = (), (1,), (1, 'a'), (1, (2, (3, ())))
    no_list, numbers, mixed = [], [1, 2, 3], [None, True, 'x', b'y', 1.5, []]
    no_dict, by_text, by_number = {}, {'a': 1, 'b': [2]}, {1: 'x', (1, 2): None, 2.5: {}}
    changed = {'a': 1, 'b': 2, 'c': 3}
    del changed['b']
    changed['d'] = 4
    many = {n: -n for n in range(300)}
    wide = {n: None for n in range(70000)}
    no_set, small_set, texts, frozen, no_frozen = set(), {3, 1, 2}, {'p', 'q', 'r'}, frozenset([1, 'x']), frozenset()
    shrunk = set(range(50))
    for n in range(45):
        shrunk.discard(n)
    itself = [1]
    itself.append(itself)
    loop = {'me': None}
    loop['me'] = loop
    knot = ([],)
    knot[0].append(knot)
    long_list, long_text = list(range(1000)), 'y' * 1000
    deep = [[[['deeper']]]]
    crowd = [[len] * 20 for _ in range(20)]
    named, ordered = Point(1, [2]), collections.OrderedDict([('a', 1), ('b', 2)])
    my_list, my_dict, my_set = MyList([1]), MyDict(a=1), MySet([1])
    default = collections.defaultdict(int, a=1)
    span, stepped, part = range(10), range(0, -10, -3), slice(1, None, 2)
    expected = expect(
        locals(),
        {
            'ordered': "OrderedDict({'a': 1, 'b': 2})",
            'default': "defaultdict({'a': 1})",
            'my_list': 'MyList([1])',
            'my_dict': "MyDict({'a': 1})",
            'many': '{%s, ... 280 more}' % ', '.join('%d: %d' % (n, -n) for n in range(20)),
            'wide': '{%s, ... 69980 more}' % ', '.join('%d: None' % n for n in range(20)),
            'long_list': '[%s, ... 980 more]' % ', '.join(map(str, range(20))),
            'long_text': "'" + 'y' * 120 + "'...",
            'deep': '[[[[...]]]]',
        },
        'then',
        'n',
        'crowd',
    )
    then('containers', expected)


def instances(then):
    plain, slotted, child, both = Plain(), Slotted(), SlottedChild(), SlottedWithDict()
    child.more = ()
    opened = Plain()
    opened.__dict__['z'] = 3
    reordered = Plain()
    del reordered.x
    reordered.x = 2
    crowded = Plain()
    for n in range(40):
        setattr(crowded, 'a%d' % n, n)
    bare, subclass = object(), MyInt(5)
    colour, green, number = Colour.RED, Colour.GREEN, Number.ONE
    error, own_error = ValueError(1, 'x'), MyError('a', 2)
    kind, builtin_kind, own_kind = Plain, int, Colour
    function, builtin, bound, bound_builtin = expect, len, 'x'.join, [].append
    method, module = plain.method, json
    pair = Pair(1, [2]) if Pair else None
    day, moment, clock = datetime.date(2024, 2, 29), datetime.datetime(2024, 1, 2, 3, 4, 5, 678), datetime.time(1, 2)
    aware = datetime.datetime(2024, 1, 2, 3, 4, tzinfo=datetime.timezone.utc)
    east = datetime.time(1, 2, 3, tzinfo=datetime.timezone(datetime.timedelta(0, 3600), 'x'))
    span, back = datetime.timedelta(1, 2, 3), datetime.timedelta(-1)
    lock, deque = threading.Lock(), collections.deque([1])
    attributes = "x=1, name='a \"b\"'"
    expected = expect(
        locals(),
        {
            'plain': shown(plain, attributes),
            'slotted': shown(slotted, 'left=1, right=[2]'),
            'child': shown(child, 'left=1, right=[2], more=()'),
            'both': shown(both, 'left=1, right=[2], other=None'),
            'opened': shown(opened, attributes + ', z=3'),
            'reordered': shown(reordered, "name='a \"b\"', x=2"),
            'crowded': shown(crowded, attributes + ''.join(', a%d=%d' % (n, n) for n in range(18)) + ', ... 1 more'),
            'subclass': 'MyInt(5)',
            'error': "ValueError(1, 'x')",
            'method': '<bound method Plain.method of %s>' % shown(plain, attributes),
            'span': 'datetime.timedelta(days=1, seconds=2, microseconds=3)',
            'back': 'datetime.timedelta(days=-1)',
            'aware': 'datetime.datetime(2024, 1, 2, 3, 4, tzinfo=datetime.timezone.utc)',
            'east': "datetime.time(1, 2, 3, tzinfo=datetime.timezone(datetime.timedelta(seconds=3600), 'x'))",
            'deque': shown(deque),
            'lock': '<%s.lock object at 0x%x>' % (type(lock).__module__, id(lock)),
        },
        'then',
        'n',
    )
    then('instances', expected)


def closures(then, argument=4, *rest, **options):
    captured = [1]
    empty_cell = None
    unbound = 1
    del unbound

    def inner(local='default'):
        then('closures', {'captured': repr(captured), 'argument': '4', 'rest': '(5,)', 'options': "{'key': 6}"},
             'inner', {'captured': repr(captured), 'argument': repr(argument), 'local': repr(local)})
        return argument

    squares = [n * inner() for n in captured]
    return squares, empty_cell


def generator(then, value='in a generator'):
    before = 1
    yield then('generator', {'value': repr(value), 'before': '1'})


collected = {}


def collect(then):
    def collector(*pairs):
        collected.update(zip(pairs[::2], pairs[1::2]))
        then()
    return collector


def announce():
    class Body(object):
        here = 'in a class body'
        print(json.dumps(collected))
        print('ready')
        sys.stdout.flush()
        wait()


def wait():
    while True:
        time.sleep(1000)


def start_threads():
    """One more is not known to threading."""
    for name in ('worker', 'caf\xe9 \u4e2d', 'bad\x1b[31m'):
        threading.Thread(target=wait, name=name, daemon=True).start()
    import _thread
    _thread.start_new_thread(wait, ())


def chain(functions):
    """Calls each with a function that calls the next."""
    if not functions:
        return announce
    rest = chain(functions[1:])
    return lambda: functions[0](collect(rest))


if __name__ == '__main__':
    module_level = 'in the module'
    start_threads()
    chain([
        scalars,
        texts,
        containers,
        instances,
        lambda then: closures(then, 4, 5, key=6),
        lambda then: next(generator(then)),
    ])()
