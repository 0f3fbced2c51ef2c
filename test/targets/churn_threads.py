"""Threads that come and go: ten at a time, each alive for a while, for ever.

On their stacks are work > step and what threading puts below; on the main thread's main > wave, and what threading
puts above.
"""
import threading
import time


def step(n):
    for i in range(200):
        n = (n * 3 + i) & 0xFFFF
    return n


def work(number):
    until = time.time() + 0.02
    n = number
    while time.time() < until:
        n = step(n)


def wave(first):
    threads = [threading.Thread(target=work, args=(number,)) for number in range(first, first + 10)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def main():
    wave(0)
    print('ready', flush=True)
    first = 10
    while True:
        wave(first)
        first += 10


main()
