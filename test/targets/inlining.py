# Prints, for each instruction that was seen to call Python code, how often the callee ran in the same C frame of
# the interpreter loop as its caller ("inline") and how often in one of its own ("throughC"). Whether it is the same
# is told by the stack pointer that a C function sees when either calls it. Of the first it also says how often the
# callee's function was found in the caller's value stack ("onStack"). Runs on CPython 3.6 to 3.15; its argument, from
# 3.11 on, is a JSON object of offsets: f_frame in a frame object; localsplus, function, and stacktop or stackpointer
# in an interpreter frame.
import ctypes
import dis
import functools
import json
import sys

MINOR = sys.version_info[1]
ROUNDS = 300

getcontext = ctypes.CDLL(None).getcontext
getcontext.argtypes = [ctypes.c_void_p]
context = ctypes.create_string_buffer(4096)
address = ctypes.addressof(context)
saved_stack_pointer = ctypes.c_uint64.from_address(address + 160)  # uc_mcontext.gregs[REG_RSP] on x86-64

offsets = json.loads(sys.argv[1]) if len(sys.argv) > 1 else None
tag_bits = 7 if MINOR >= 14 else 0
seen = {}  # opcode name -> counts
callers_stack = 0


def stack_pointer():
    getcontext(address)
    return saved_stack_pointer.value


def note(depth=2):
    """Called by a callee; its caller, `depth` frames up, has set `callers_stack` before."""
    mine = stack_pointer()
    caller = sys._getframe(depth)
    name = live_name(caller.f_code, caller.f_lasti)
    counts = seen.setdefault(name, {"inline": 0, "onStack": 0, "throughC": 0})
    counts["inline" if mine == callers_stack else "throughC"] += 1
    if mine == callers_stack and offsets is not None and is_on_stack(caller, sys._getframe(depth - 1)):
        counts["onStack"] += 1


def is_on_stack(caller, callee):
    """Whether the callee's function is in the three words from the caller's saved stack pointer on."""
    caller_frame = word(id(caller) + offsets["f_frame"])
    callee_frame = word(id(callee) + offsets["f_frame"])
    function = word(callee_frame + offsets["function"]) & ~tag_bits
    if "stackpointer" in offsets:
        top = word(caller_frame + offsets["stackpointer"])
    else:
        depth = ctypes.c_int32.from_address(caller_frame + offsets["stacktop"]).value
        top = caller_frame + offsets["localsplus"] + 8 * depth
    return any(word(top + 8 * index) & ~tag_bits == function for index in range(3))


def word(where):
    return ctypes.c_uint64.from_address(where).value


def live_name(code, last):
    names = getattr(dis, "_all_opname", dis.opname)
    if MINOR < 11:
        return names[code.co_code[last]]
    # To 3.12 it can point at the last inline cache of the instruction.
    start = max(step[0] for step in dis._unpack_opargs(code.co_code) if step[0] <= last)
    return names[code._co_code_adaptive[start]]


def function(*args, **keywords):
    note()


def exact(a):
    note()


def keyed(a, b=1):
    note()


class Plain:
    def __init__(self, value=0):
        self.value = value

    def method(self, a):
        note()

    def defaulted(self, a, b=1):
        note()

    @property
    def attribute(self):
        note()
        return 1

    def __getitem__(self, key):
        note()
        return key

    def __setitem__(self, key, value):
        note()

    def __add__(self, other):
        note()
        return self

    def __lt__(self, other):
        note()
        return True

    def __bool__(self):
        note()
        return True

    def __contains__(self, item):
        note()
        return True

    def __iter__(self):
        note()
        return iter(())

    def __enter__(self):
        note()

    def __exit__(self, *error):
        note()

    def __neg__(self):
        note()
        return self

    def __format__(self, spec):
        note()
        return ""


class Entered:
    def __init__(self, a):
        note()


class Overridden:
    def __getattribute__(self, name):
        note()
        return 1


class Fallback:
    def __getattr__(self, name):
        note()
        return 1


class Stored:
    def __setattr__(self, name, value):
        note()


class Next:
    def __iter__(self):
        return self

    def __next__(self):
        note()
        return 1


class Meta(type):
    def __call__(cls, *args):
        note()


class Called(metaclass=Meta):
    pass


class Dropped:
    def __del__(self):
        note()


plain = Plain()
bound = plain.method
bound_default = plain.defaulted
partial = functools.partial(function, 1)


def generator():
    for _ in range(4):
        note()
        yield 1


def delegating():
    global callers_stack
    callers_stack = stack_pointer()
    yield from generator()


class Awaitable:
    def __await__(self):
        return generator()


async def inner():
    note()


async def coroutine():
    global callers_stack
    callers_stack = stack_pointer()
    await inner()
    await Awaitable()


# Each body of a scenario becomes the loop of a function of its own, so that each instruction specialises for it.
SCENARIOS = [
    "function()", "function(1, 2)", "exact(1)", "keyed(1)", "keyed(1, 2)", "function(a=1)", "keyed(1, b=2)", "keyed(a=1)",
    "function(*(1,))", "exact(*(1,))", "function(**{'a': 1})", "partial()", "Plain().method(1)", "Entered(1)", "Called(1)",
    "plain.method(1)", "plain.method(a=1)", "plain.defaulted(1)", "bound(1)", "bound(a=1)", "bound_default(1)", "bound(*(1,))",
    "plain.attribute", "plain[1]", "plain['x']", "plain[1] = 2", "plain + 1", "plain += 1",
    "plain < 1", "-plain", "1 in plain", "[*plain]", "'%s' % plain", "f'{plain}'",
    "bool(plain)", "not plain", "1 if plain else 2", "plain and 1", "Overridden().x", "Fallback().x",
    "Stored().x = 1", "sorted([1], key=exact)", "list(map(exact, [1]))", "next(generator())", "list(generator())",
    "for _ in generator(): callers_stack = stack_pointer()", "for _ in Next(): break", "for _ in plain: pass",
    "for _ in delegating(): pass", "[x for x in generator()]", "with plain: callers_stack = stack_pointer()",
    "for _ in coroutine().__await__(): pass", "x = Dropped(); callers_stack = stack_pointer(); x = None", "*b, = plain",
]  # fmt: skip


def run(body, prepare=None):
    source = "def scenario(callers):\n    global callers_stack, plain\n    for _ in callers:\n"
    source += "        callers_stack = stack_pointer()\n        %s\n" % body
    space = globals()
    exec(compile(source, body, "exec"), space)
    scenario = space["scenario"]
    if prepare is not None:
        prepare(scenario.__code__)
    scenario(range(ROUNDS))


def instrumented(code):
    monitoring = sys.monitoring
    events = monitoring.events
    monitoring.set_local_events(monitoring.DEBUGGER_ID, code, events.CALL | events.BRANCH | events.PY_RESUME)


def main():
    for _ in range(ROUNDS):
        stack_pointer()
    for body in SCENARIOS:
        run(body)
    if MINOR >= 12:
        sys.monitoring.use_tool_id(sys.monitoring.DEBUGGER_ID, "test")
        for body in SCENARIOS:
            run(body, instrumented)
        sys.monitoring.free_tool_id(sys.monitoring.DEBUGGER_ID)
    print(json.dumps(seen, indent=1, sort_keys=True))


main()
