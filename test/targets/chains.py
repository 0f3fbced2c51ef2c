"""Only two families of stacks exist here: main>a1>b1>c1 and main>a2>b2>c2, and what they begin with.

A sampled stack with both digits in it never existed: it was put together from two instants.
"""


def c1(n):
    return n + 1


def b1(n):
    return c1(n)


def a1(n):
    return b1(n)


def c2(n):
    return n + 2


def b2(n):
    return c2(n)


def a2(n):
    return b2(n)


def main():
    n = 0
    for _ in range(20000):
        n = a2(a1(n))
    print('ready', flush=True)
    while True:
        n = a2(a1(n)) & 0xFFFF


main()
