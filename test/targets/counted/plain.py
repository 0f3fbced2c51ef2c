"""The plain opcode trace that counts are compared with, in Python alone.

    python plain.py ANSWER PROGRAM [ARGUMENT...]

Each process writes what it has seen to ANSWER.PID: lines of JSON [file, function, first line, offset, executions].
Nothing is imported before the program that an interpreter does not have loaded already."""
import _thread
import os
import sys

had_atexit = 'atexit' in sys.modules
import atexit

if not had_atexit and sys.version_info >= (3, 10):  # loaded again, it would forget what it is to call before 3.10
    del sys.modules['atexit']

answer, program = sys.argv[1:3]
del sys.argv[:2]
seen = {}
own = __file__


def saw(code, offset):
    if code.co_filename == own:
        return
    key = _thread.get_ident(), id(code)  # of each thread its own, or they would overwrite each other's
    entry = seen.get(key)
    if entry is None:
        entry = seen[key] = (code, {})
    counts = entry[1]
    counts[offset] = counts.get(offset, 0) + 1


def trace(frame, event, argument):
    if event == 'call':
        if frame.f_code.co_filename == own:
            return None
        frame.f_trace_opcodes = True
        frame.f_trace_lines = False
    elif event == 'opcode':
        saw(frame.f_code, frame.f_lasti)
    return trace


def write():
    stop()
    import json

    with open('%s.%d' % (answer, os.getpid()), 'w') as file:
        for code, counts in seen.values():
            name = getattr(code, 'co_qualname', code.co_name)
            for offset, count in sorted(counts.items()):
                if count == 0:
                    continue
                file.write(json.dumps([code.co_filename, name, code.co_firstlineno, offset, count]) + '\n')


before = {}


def forking():
    before.clear()
    before.update((key, dict(counts)) for key, (_, counts) in list(seen.items()))


def forked():
    """Hooks of other modules may have run in the child before this one: they are the child's."""
    for key, counts in before.items():
        now = seen[key][1]
        for offset, count in counts.items():
            now[offset] -= count


def writing(function, when=lambda *arguments: True):
    """What ends the process at once: it writes first."""

    def instead(*arguments):
        if when(*arguments):
            write()
        return function(*arguments)

    return instead


if sys.version_info >= (3, 12):
    monitoring = sys.monitoring
    tool = 3

    def start():
        monitoring.use_tool_id(tool, 'plain')
        monitoring.register_callback(tool, monitoring.events.INSTRUCTION, saw)
        monitoring.set_events(tool, monitoring.events.INSTRUCTION)

    def stop():
        monitoring.set_events(tool, 0)
        monitoring.register_callback(tool, monitoring.events.INSTRUCTION, None)

else:

    def start():
        start_new_thread = _thread.start_new_thread

        def boot(function, arguments, keywords={}):
            sys.settrace(trace)
            function(*arguments, **keywords)

        def start_traced(function, arguments, keywords={}):
            return start_new_thread(boot, (function, arguments, keywords))

        _thread.start_new_thread = start_traced
        if 'threading' in sys.modules:
            sys.modules['threading']._start_new_thread = start_traced
        sys.settrace(trace)

    def stop():
        sys.settrace(None)


atexit.register(write)
os.register_at_fork(before=forking, after_in_child=forked)
os._exit = writing(os._exit)
os.kill = writing(os.kill, lambda pid, number: pid == os.getpid() and number in (9, 15))
with open(program, 'rb') as file:
    code = compile(file.read(), program, 'exec', 0, True)
sys.path[0] = os.path.dirname(program)
environment = {'__name__': '__main__', '__file__': program, '__builtins__': __builtins__, '__spec__': None}
environment['__loader__'] = type(__loader__)('__main__', program)
def run():
    try:
        exec(code, environment)
    except SystemExit:
        raise
    except BaseException as error:
        error = error.with_traceback(error.__traceback__.tb_next)
        sys.excepthook(type(error), error, error.__traceback__)
        sys.exit(1)


start()
run()
