"""Is counted while it runs, and tells on SIGUSR1 what it has seen of that."""

import json
import os
import signal
import sys
import threading
import time

monitoring = getattr(sys, 'monitoring', None)
seen = 0
rounds = 0
told = 0
asked = False
dozing = False
children = []


# In the middle of another tool's function, where the signal may find it, no tool is told of anything.
def on_signal(*_):
    global asked
    if kind.endswith('tool') and not dozing:
        asked = True
    else:
        report()


def report():
    global asked
    asked = False
    with open('/proc/self/maps') as maps:
        mapped = [line.split()[-1] for line in maps if 'heavyops' in line]
    descriptors = [os.readlink(f'/proc/self/fd/{number}') for number in os.listdir('/proc/self/fd') if alive(number)]
    print(
        json.dumps({
            'seen': seen,
            'rounds': rounds,
            'told': told,
            'tools': [monitoring.get_tool(tool) for tool in range(6)],
            'modules': sorted(sys.modules),
            'mapped': mapped,
            'descriptors': [path for path in descriptors if 'heavyops' in path],
            'children': children,
            'again': again(),
        }),
        flush=True,
    )


def alive(number):
    return os.path.islink(f'/proc/self/fd/{number}')


# A tool that gets the id that the counter had: nothing is left disabled for it.
def again():
    places = []
    if monitoring.get_tool(4) is not None:
        return None

    def on_instruction(code, offset):
        if code is turn.__code__:
            places.append(offset)

    monitoring.use_tool_id(4, 'next')
    monitoring.register_callback(4, monitoring.events.INSTRUCTION, on_instruction)
    monitoring.set_events(4, monitoring.events.INSTRUCTION)
    turn(0)
    monitoring.set_events(4, 0)
    monitoring.register_callback(4, monitoring.events.INSTRUCTION, None)
    monitoring.free_tool_id(4)
    return len(places)


def turn(value):
    first = value
    second = first
    return [first, second, value]


# Each round in which the tool is there is one that is counted, but for the one in which it goes.
def loop(pause):
    global seen, rounds
    while True:
        rounds += 1
        turn(rounds)
        if monitoring.get_tool(4) is not None:
            seen += 1
        if asked:
            report()
        if pause:
            time.sleep(pause)


# Runs until it is counted, and a little longer.
def then_wait():
    global seen, dozing
    while seen < 1000:
        turn(seen)
        if asked:
            report()
        if monitoring.get_tool(4) is not None:
            seen += 1
    dozing = True
    while True:
        time.sleep(600)


def fork_while_counted():
    global seen
    while True:
        turn(0)
        if monitoring.get_tool(4) is None:
            continue
        seen += 1
        if len(children) < 3:
            child = os.fork()
            if child == 0:
                for value in range(50):
                    turn(value)
                with open('/proc/self/maps') as maps:
                    left = sum('heavyops' in line for line in maps)
                used = sum(monitoring.get_tool(tool) is not None for tool in range(6))
                os._exit(10 * used + min(left, 9))
            children.append(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))


def with_threads(pause):
    workers = [threading.Thread(target=loop, args=(pause,), daemon=True) for _ in range(3)]
    for worker in workers:
        worker.start()
    while True:
        workers[0].join(0.5)


def use_another_tool():
    events = monitoring.events

    def on_line(code, line):
        global told
        told += 1

    monitoring.use_tool_id(0, 'other')
    monitoring.register_callback(0, events.LINE, on_line)
    monitoring.set_events(0, events.LINE)


kind = sys.argv[1]
if monitoring is not None:
    again()
    signal.signal(signal.SIGUSR1, on_signal)
if kind == 'audited':
    def hook(event, _):
        if event == 'cpython.remote_debugger_script':
            raise RuntimeError('not here')
    sys.addaudithook(hook)
if kind in ('tool', 'dozes-tool'):
    use_another_tool()
print('ready', flush=True)
if kind == 'waits':
    time.sleep(600)
elif kind in ('dozes', 'dozes-tool'):
    then_wait()
elif kind == 'forks':
    fork_while_counted()
elif kind == 'threads':
    with_threads(0.001)
elif kind == 'contend':
    with_threads(0)
elif kind == 'tool':
    loop(0.0001)
else:
    loop(0)
