"""A server that has forked two workers and only waits for them, and one child that runs another program."""
import os
import subprocess
import time


def work(parent):
    while os.getppid() == parent:
        sum(i * i for i in range(1000))
    os._exit(0)


def main():
    parent = os.getpid()
    workers = []
    for _ in range(2):
        worker = os.fork()
        if worker == 0:
            work(parent)
        workers.append(str(worker))
    # Its input ends with this process, and so does it.
    other = subprocess.Popen(['cat'], stdin=subprocess.PIPE)
    print('ready', ' '.join(workers), other.pid, flush=True)
    while True:
        time.sleep(1)


main()
