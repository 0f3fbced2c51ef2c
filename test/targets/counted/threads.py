"""Threads of both modules, with locals, a queue, an error, a thread that starts another."""
import _thread
import queue
import threading


def work(n):
    total = 0
    for i in range(n):
        total += i % 3
    return total


def starts(n):
    inner = threading.Thread(target=work, args=(n,))
    inner.start()
    inner.join()


def serve(requests, answers):
    while True:
        n = requests.get()
        if n is None:
            return
        answers.append(work(n))


threads = [threading.Thread(target=work, args=(n,), kwargs={}) for n in (2000, 3000)]
threads.append(threading.Thread(target=starts, args=(500,)))
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
done = _thread.allocate_lock()
done.acquire()


def raw(n, more=0):
    work(n + more)
    done.release()


_thread.start_new_thread(raw, (400,), {'more': 5})
done.acquire()
local = threading.local()
local.value = work(5)


def stays():
    work(1500)


threading.Thread(target=stays).start()
