"""What newer interpreters specialise and inline: attributes, subscripts, calls, appends, iteration of each kind."""


class Slots:
    __slots__ = ('x', 'y')


class Plain:
    shared = 1

    def __init__(self, x, y=2):
        self.x = x
        self.y = y

    def method(self, z):
        return self.x + z

    @property
    def both(self):
        return self.x, self.y

    def __getitem__(self, i):
        return self.x * i

    def __call__(self, *a, **k):
        return len(a) + len(k)


class Dynamic(Plain):
    def __getattr__(self, name):
        return name * 2

    def __setattr__(self, name, value):
        object.__setattr__(self, name, value)


class Guarded(Plain):
    def __getattribute__(self, name):
        return object.__getattribute__(self, name)


def attributes(n):
    s = Slots()
    s.x = s.y = 1
    out = []
    for i in range(n):
        p = Plain(i)
        p.x += s.x
        s.y = p.method(i) + p.shared
        out.append(p.both[0] + p[i] + len(p.both))
        out.append(Dynamic(i).other)
        out.append(Guarded(i).y)
        out.append(p(i, k=2) + Plain(1, y=3).y)
    return out


def calls(n):
    text = ''
    total = 0
    for i in range(n):
        text += str(i)
        total += len(text) + abs(-i) + ord('a') + isinstance(i, int) + max(i, 3)
        kinds = [type(i), str(total), tuple([i, 2]), [*range(2)], 'a,b'.split(','), '{}'.format(i)]
        total += len(kinds)
    return total


def loops(n):
    total = 0
    for kind in (range(n), list(range(n)), tuple(range(n)), {i: 1 for i in range(n)}, 'x' * n, (i for i in range(n))):
        for item in kind:
            if not item:
                continue
            total += 1
            a, b = item, total
            a, b, c = (b, a, 1)
            total -= a == b
    while total > 3:
        total -= 7
    return total, 1.5 * total < 3.5, 'a' + 'b' == 'ab', (total if total is None else [])


for _ in range(3):
    print(len(attributes(60)), calls(60), loops(50))
