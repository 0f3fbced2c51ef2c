"""Counts a program's instructions in Python alone, as quickly as that goes.

    python plain_trace.py PROGRAM [ARGUMENT...]"""
import sys

del sys.argv[0]
counts = {}
with open(sys.argv[0], 'rb') as file:
    code = compile(file.read(), sys.argv[0], 'exec')


def saw(code, offset):
    key = code, offset
    counts[key] = counts.get(key, 0) + 1


def trace(frame, event, argument):
    if event == 'call':
        frame.f_trace_opcodes = True
        frame.f_trace_lines = False
    elif event == 'opcode':
        saw(frame.f_code, frame.f_lasti)
    return trace


if sys.version_info >= (3, 12):
    monitoring = sys.monitoring
    monitoring.use_tool_id(3, 'plain')
    monitoring.register_callback(3, monitoring.events.INSTRUCTION, saw)
    monitoring.set_events(3, monitoring.events.INSTRUCTION)
else:
    sys.settrace(trace)
exec(code, {'__name__': '__main__', '__builtins__': __builtins__})
