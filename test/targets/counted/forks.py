"""Forked children, each with its own counts, and one that forks again."""
import os


def work(n):
    total = 0
    for i in range(n):
        total += i % 7
    return total


work(100)
children = []
for n in (1000, 2000):
    pid = os.fork()
    if pid == 0:
        work(n)
        if n == 2000:
            grandchild = os.fork()
            work(5)
            if grandchild:
                os.waitpid(grandchild, 0)
            late = eval('lambda x: x + 1')
            late(n)
        os._exit(0)
    children.append(pid)
    own = eval('lambda x: x * 2')
    own(n)
for pid in children:
    os.waitpid(pid, 0)
work(300)
