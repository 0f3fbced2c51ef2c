"""Starts one program after another through a shell that waits for it: the interpreters that are named, in turn."""
import os
import subprocess
import sys
import time

CHILD = '''
import os, time
def grandchild(end):
    while time.time() < end and os.getppid() > 1:
        sum(range(1000))
grandchild(time.time() + 0.6)
'''


def main():
    print('ready', flush=True)
    while True:
        for interpreter in sys.argv[1:] or [sys.executable]:
            # Two commands, so that the shell does not run the last one in its own place.
            command = ['sh', '-c', '"$0" -c "$1"; true', interpreter, CHILD]
            subprocess.call(['setpriv', '--pdeathsig', 'KILL'] + command)


main()
