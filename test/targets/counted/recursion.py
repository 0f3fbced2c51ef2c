"""Recursion, direct and through C: sorting by key, repr, map, functools.reduce."""
import functools


def fib(n):
    return n if n < 2 else fib(n - 1) + fib(n - 2)


def ackermann(m, n):
    if m == 0:
        return n + 1
    return ackermann(m - 1, 1 if n == 0 else ackermann(m, n - 1))


class Tree:
    def __init__(self, depth):
        self.children = [Tree(depth - 1) for _ in range(depth)]

    def __repr__(self):
        return 'T%r' % (self.children,)

    def __lt__(self, other):
        return len(self.children) < len(other.children)

    def __len__(self):
        return 1 + sum(map(len, self.children))


tree = Tree(5)
print(fib(15), ackermann(2, 3), len(tree), len(repr(tree)))
print(len(sorted(tree.children, key=lambda t: -len(t))), len(max(Tree(i) for i in range(4))))
print(functools.reduce(lambda a, b: a + fib(b), range(10)))


def endless(n):
    return endless(n + 1)


def even(n):
    return n == 0 or odd(n - 1)


def odd(n):
    return n != 0 and even(n - 1)


print(even(60))
