"""50 threads besides the main one: four busy, named busy-0 to busy-3, the others asleep, named idle-4 to idle-49."""
import threading
import time


def busy():
    started.release()
    value = 0
    while True:
        for i in range(1000):
            value = (value * 3 + i) & 0xFFFF


def idle():
    started.release()
    time.sleep(3600)


def main():
    for number in reversed(range(50)):  # the busy ones last: starting a thread waits for the GIL
        work = busy if number < 4 else idle
        name = '%s-%d' % (work.__name__, number)
        threading.Thread(target=work, name=name, daemon=True).start()
    for _ in range(50):
        started.acquire()
    print('ready', flush=True)
    time.sleep(3600)


started = threading.Semaphore(0)
main()
