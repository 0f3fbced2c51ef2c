"""Makes reference cycles and collects them: finalizers in Python run out of the collector, in the middle of anything.

On its stacks are main > churn > collect > finalize > note, and main > churn > finalize > note where the collector
runs by itself.
"""
import gc


def note(n):
    return (n * 3 + 1) & 0xFFFF


class Node(object):
    def __init__(self, other):
        self.other = other

    def finalize(self):
        for n in range(20):
            note(n)

    __del__ = finalize


def collect():
    gc.collect()


def churn(rounds):
    for _ in range(rounds):
        node = Node(None)
        node.other = node
    collect()


def main():
    churn(100)
    print('ready', flush=True)
    while True:
        churn(1500)


main()
