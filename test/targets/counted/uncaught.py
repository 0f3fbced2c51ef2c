"""An exception that nobody catches."""


def fails(n):
    values = [1, 2, 3]
    return values[n] if n > 2 else fails(n + 1)


fails(0)
