"""A service that answers requests from a database, by four threads that share two connections.

It says how many requests it answers. Attach with --off-cpu to see what the threads wait for.

Usage: service.py [CONNECTIONS]
"""
import os
import queue
import socket
import sys
import threading
import time

WORKERS = 4
QUERY = 0.02  # seconds that the database takes


def answer(connection):
    while connection.recv(64):
        time.sleep(QUERY)
        connection.send(b'row')


def connect():
    """A connection to a database, which is a process of its own."""
    ours, theirs = socket.socketpair()
    if os.fork() == 0:
        ours.close()
        try:
            answer(theirs)
        except ConnectionError:
            pass  # The service has ended.
        os._exit(0)
    theirs.close()
    return ours


class Pool:
    def __init__(self, connections):
        self.free = queue.Queue()
        for _ in range(connections):
            self.free.put(connect())

    def take(self):
        return self.free.get()

    def give_back(self, connection):
        self.free.put(connection)


def fetch(pool):
    connection = pool.take()
    try:
        connection.send(b'SELECT')
        return connection.recv(64)
    finally:
        pool.give_back(connection)


def render(row):
    return sum(i * i for i in range(30_000)) + len(row)


def work(requests, pool, answered):
    while True:
        requests.get()
        answered.append(render(fetch(pool)))


def main(connections):
    pool = Pool(connections)
    requests = queue.Queue(maxsize=8)
    answered = []
    for _ in range(WORKERS):
        threading.Thread(target=work, args=(requests, pool, answered), daemon=True).start()
    print('ready', flush=True)
    since = time.monotonic()
    while True:
        requests.put('GET /')
        if time.monotonic() - since > 5:
            print(f'{len(answered) / 5:.0f} requests a second', flush=True)
            since = time.monotonic()
            answered.clear()


if __name__ == '__main__':
    main(*[int(argument) for argument in sys.argv[1:]] or [2])
