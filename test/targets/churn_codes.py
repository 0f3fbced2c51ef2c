"""Makes code objects without end, so that their addresses are used again; each is dropped after a short run.

All that names a code object is made of its number: function made_17 or, to make the sizes differ, other_17, in file
<made 17>, at line 17. A sampled frame in which these differ was read from two code objects.
"""
import gc


def make(number):
    name = ('made_%d' if number % 3 else 'other_%d') % number
    filler = '    b = n\n' * (number % 7)
    source = '\n' * (number - 1) + 'def %s(n):\n%s    for i in range(60):\n        n = (n * 3 + i) & 0xFFFF\n    return n' % (
        name, filler)
    space = {}
    exec(compile(source, '<made %d>' % number, 'exec'), space)
    return space[name]


def main(first, count):
    for number in range(first, first + count):
        function = make(1 + number % 5000)
        for n in range(20):
            function(n)


main(0, 50)
print('ready', flush=True)
first = 50
while True:
    main(first, 5000)
    gc.collect()
    first += 5000
