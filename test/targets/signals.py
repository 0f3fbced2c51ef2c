"""Says which signals it gets, until it gets SIGTERM: then it exits with 42. It gives up after a minute."""
import os
import signal
import sys
import time


def say(number, _frame):
    print('got', signal.Signals(number).name, flush=True)
    if number == signal.SIGTERM:
        sys.exit(42)


for name in ('SIGINT', 'SIGHUP', 'SIGUSR1', 'SIGUSR2', 'SIGTERM'):
    signal.signal(getattr(signal, name), say)
print('ready', os.getpid(), flush=True)
END = time.time() + 60
while time.time() < END:
    sum(range(1000))
