"""Loops under a tool that asks sys.monitoring (3.12+) for events, as debuggers and coverage do.

The argument names the events, joined by commas: INSTRUCTION, LINE, CALL and so on.
Other functions than those of opcodes.py: on_event is the tool's.
"""
import sys


class Point(object):
    def __init__(self):
        self.x = 1
        self.y = 2


def arithmetic(rounds):
    a, b, c = 1, 2, 3
    for i in range(rounds):
        a = (a + i) & 0xFFFF
        b = (b * 3) & 0xFFFF
        c = a - b
    return c


def attributes(rounds):
    point = Point()
    for _ in range(rounds):
        point.x = point.y
        point.y = point.x
    return point


def on_event(*args):
    return None


def main():
    arithmetic(2000)
    attributes(2000)
    monitoring = sys.monitoring
    tool = monitoring.DEBUGGER_ID
    monitoring.use_tool_id(tool, 'heavyops-test')
    chosen = 0
    for name in sys.argv[1].split(','):
        event = getattr(monitoring.events, name)
        chosen |= event
        monitoring.register_callback(tool, event, on_event)
    for function in (arithmetic, attributes):
        monitoring.set_local_events(tool, function.__code__, chosen)
    print('ready', flush=True)
    while True:
        arithmetic(100)
        attributes(100)


main()
