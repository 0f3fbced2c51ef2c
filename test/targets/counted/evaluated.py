"""Expressions that differ in their constants alone: prints by how many kB the memory that is shared has grown."""


def shared():
    with open('/proc/self/status') as status:
        return next(int(line.split()[1]) for line in status if line.startswith('RssShmem'))


def evaluate(first, count):
    for number in range(first, first + count):
        eval("number * %d + len('text %d')" % (number, number))


evaluate(1000, 100)
before = shared()
evaluate(2000, 20000)
print(shared() - before)
