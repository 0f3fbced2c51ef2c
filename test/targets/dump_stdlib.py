# Prints what this interpreter itself says about the bytecode of its standard library: one JSON line about the
# interpreter, then one for each code object. Runs on CPython 3.6 to 3.15, read from standard input.
import base64
import dis
import json
import opcode
import os
import sys
import warnings
from itertools import groupby

MINOR = sys.version_info[1]
LEFT_OUT = {"__pycache__", "test", "tests", "idle_test", "site-packages", "dist-packages", "encodings", "turtledemo"}


def main():
    warnings.simplefilter("ignore")
    print(json.dumps({"version": list(sys.version_info[:2]), "names": names(), "arguments": arguments()}))
    for code in library():
        describe(code, code.co_code, False)
    # What has run by now stands in memory specialised.
    if MINOR >= 11:
        for code in loaded():
            describe(code, code._co_code_adaptive, True)


def names():
    known = getattr(dis, "_all_opname", opcode.opname)[:256]
    return [None if name.startswith("<") else name for name in known]


# What dis shows beside an argument, without looking into the code object.
EXPLAINED = ("COMPARE_OP", "BINARY_OP", "CALL_INTRINSIC_1", "CALL_INTRINSIC_2", "LOAD_SPECIAL", "LOAD_COMMON_CONSTANT")
BUILT_IN = "<built-in function "
SAMPLE = """
def f(a, b, *c):
    +a; a < b; a <= b; a == b; a != b; a > b; a >= b; {*a}, [*b], (*c, a)
    a + b; a & b; a // b; a << b; a @ b; a * b; a % b; a | b; a ** b; a >> b; a - b; a / b; a ^ b; a[b]
    a += b; a &= b; a //= b; a <<= b; a @= b; a *= b; a %= b; a |= b; a **= b; a >>= b; a -= b; a /= b; a ^= b
    if a < b or a == b: return all(x for x in a) and any(x for x in b) or tuple(x for x in c)
    assert a
    with a: yield
async def g(a):
    async with a: yield
"""


def arguments():
    """Opcode, argument and what dis shows for it, of every one of those instructions in the sample."""
    found = set()
    for code in nested(compile(SAMPLE, "sample", "exec")):
        for step in dis.get_instructions(code):
            if step.opname in EXPLAINED:
                # dis shows a type as its name, but a function (`all` of LOAD_COMMON_CONSTANT) as its repr.
                text = step.argrepr
                if text.startswith(BUILT_IN):
                    text = text[len(BUILT_IN):-1]
                found.add((step.opcode, step.arg, text))
    return sorted(found)


def library():
    top = os.path.dirname(os.__file__)
    for folder, folders, files in os.walk(top):
        folders[:] = sorted(set(folders) - LEFT_OUT)
        for name in sorted(files):
            if name.endswith(".py"):
                path = os.path.join(folder, name)
                with open(path, "rb") as source:
                    text = source.read()
                try:
                    module = compile(text, path[len(top) + 1:], "exec", dont_inherit=True)
                except SyntaxError:  # templates and lib2to3's samples
                    continue
                for code in nested(module):
                    yield code


def nested(code):
    yield code
    for constant in code.co_consts:
        if isinstance(constant, type(code)):
            for inner in nested(constant):
                yield inner


def loaded():
    function = type(main)
    seen = set()
    for module in list(sys.modules.values()):
        for value in list(getattr(module, "__dict__", {}).values()):
            candidates = [value] + (list(vars(value).values()) if isinstance(value, type) else [])
            for candidate in candidates:
                if isinstance(candidate, function) and candidate.__code__ not in seen:
                    seen.add(candidate.__code__)
                    yield candidate.__code__


def describe(code, bytecode, adaptive):
    table = code.co_linetable if MINOR >= 10 else code.co_lnotab
    print(json.dumps({
        "name": "%s:%d %s" % (code.co_filename, code.co_firstlineno, code.co_name),
        "adaptive": adaptive,
        "code": base64.b64encode(bytecode).decode("ascii"),
        "table": base64.b64encode(table).decode("ascii"),
        "firstLine": code.co_firstlineno,
        "instructions": instructions(bytecode),
        "targets": [] if adaptive else sorted(dis.findlabels(bytecode)),
        "lines": lines(code, len(bytecode)),
        "positions": positions(code),
    }, separators=(",", ":")))


def instructions(bytecode):
    """Offset, opcode and argument (-1 for none) of each, without the prefixes, one after another."""
    flat = []
    for step in dis._unpack_opargs(bytecode):
        offset, number, argument = step[0], step[-2], step[-1]  # 3.13 added the start in the middle
        if number not in PREFIXES:
            flat += (offset, number, -1 if argument is None else argument)
    return flat


PREFIXES = {number for number, name in enumerate(names()) if name in ("EXTENDED_ARG", "EXTENDED_ARG_QUICK")}


def lines(code, length):
    """End offset and line (0 for none) of each stretch of the code, one after another."""
    flat = []
    if MINOR >= 10:
        for _, end, line in code.co_lines():
            flat += (end, line or 0)
        return flat
    starts = list(dis.findlinestarts(code))
    for (_, line), (end, _) in zip(starts, starts[1:] + [(length, 0)]):
        flat += (end, line)
    return flat


def positions(code):
    """Number of code units, line, end line, column, end column (0 and -1 for none) of each stretch of the code."""
    flat = []
    if MINOR >= 11:
        for (line, end_line, column, end_column), units in groupby(code.co_positions()):
            flat += (sum(1 for _ in units), line or 0, end_line or 0)
            flat += (-1 if column is None else column, -1 if end_column is None else end_column)
    return flat


main()
