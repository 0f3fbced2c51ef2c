"""Code made while it runs: exec, eval, compile, namedtuple, dataclasses; the same again and again."""
import collections
import dataclasses

scope = {}
for i in range(30):
    exec('def f(x):\n    y = x + 1\n    return y * %d' % (i % 3), scope)
    print(scope['f'](i), eval('i ** 2 + f(i)', scope, {'i': i}), end=' ')
for i in range(10):
    exec(compile('total = sum(j for j in range(4))\nif total > 5:\n    total -= 1', '<made>', 'exec'), scope)
Point = collections.namedtuple('Point', 'x y')
print(Point(1, 2)._replace(x=3))


@dataclasses.dataclass(order=True)
class Item:
    name: str
    price: float = 0.5
    tags: list = dataclasses.field(default_factory=list)


print(sorted([Item('b'), Item('a', 2)])[0], Item('a') == Item('a'))
made = type('Made', (Item,), {'total': lambda self: self.price * 2})
print(made('c').total())
