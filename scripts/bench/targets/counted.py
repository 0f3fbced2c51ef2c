"""One program that is counted: prints the seconds of CPU that it took, without the interpreter's start.

    python counted.py loop|calls|objects|generators|strings"""
import sys
import time


def loop(n):
    total = 0
    for i in range(n):
        total = (total * 31 + i) & 0xFFFF
    return total


def calls(n):
    return n if n < 2 else calls(n - 1) + calls(n - 2)


class Particle:
    def __init__(self, x):
        self.x = x

    def step(self, d):
        self.x += d
        return self.x


def objects(n):
    particles = [Particle(i) for i in range(100)]
    for _ in range(n // 100):
        for particle in particles:
            particle.step(0.5)


def generators(n):
    def numbers():
        for i in range(n):
            yield i

    return sum(x * 2 for x in numbers())


def strings(n):
    seen = {}
    for i in range(n):
        key = 'k%d' % (i % 500)
        seen[key] = seen.get(key, 0) + len(key)
    return seen


programs = {
    'loop': (loop, 600000),
    'calls': (calls, 23),
    'objects': (objects, 300000),
    'generators': (generators, 300000),
    'strings': (strings, 200000),
}
function, size = programs[sys.argv[1]]
began = time.process_time()
function(size)
print('took', time.process_time() - began)
