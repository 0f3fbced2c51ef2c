"""One loop of calls, closures, subscripts, attributes and comparisons, always in the same proportions."""


class Point(object):
    def __init__(self):
        self.x = 1


def counter(step):
    total = 0

    def count(n):
        nonlocal total
        total = (total + n * step) & 0xFFFF
        return total

    return count


def mixture(rounds):
    count = counter(3)
    point = Point()
    numbers = [1, 2, 3, 4, 5, 6, 7, 8]
    named = {'first': 1, 'second': 2}
    for i in range(rounds):
        numbers[i & 7] = count(i)
        point.x = numbers[3]
        named['second'] = point.x
        if named['first'] < point.x:
            named['first'] = i & 15
    return named


mixture(20000)
print('ready', flush=True)
while True:
    mixture(1000000)
