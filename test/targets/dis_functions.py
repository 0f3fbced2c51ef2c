# Prints what dis says of the functions of a program: a JSON object by "name firstlineno", each a list of rows
# [offset, base instruction, line, instruction as it is specialised after a warm-up or null]. The program comes on the
# standard input; arguments name functions to warm up by calling them with a number: for that, only the imports and
# definitions of the program are run. Runs on CPython 3.6 to 3.15.
import ast
import dis
import json
import sys
import types

warm = sys.argv[1:]
source = sys.stdin.read()
rows = {}


def lines_of(code):
    """(start, end, line), as the interpreter has them."""
    if hasattr(code, 'co_lines'):
        return [(start, end, line or 0) for start, end, line in code.co_lines()]
    starts = list(dis.findlinestarts(code)) + [(len(code.co_code), 0)]
    return [(start, end, line) for (start, line), (end, _) in zip(starts, starts[1:])]


def describe(code, adaptive=None):
    ranges = lines_of(code)
    live = {step.offset: step.opname for step in adaptive or ()}
    rows['%s %d' % (code.co_name, code.co_firstlineno)] = [
        [step.offset, step.opname, next((line for start, end, line in ranges if start <= step.offset < end), 0),
         live.get(step.offset)]
        for step in dis.get_instructions(code)
        if step.opname not in ('EXTENDED_ARG', 'CACHE')
    ]


def walk(code):
    describe(code)
    for constant in code.co_consts:
        if isinstance(constant, types.CodeType):
            walk(constant)


walk(compile(source, 'program', 'exec'))
if warm:
    tree = ast.parse(source)
    defining = (ast.Import, ast.ImportFrom, ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
    tree.body = [statement for statement in tree.body if isinstance(statement, defining)]
    space = {'__name__': 'warmed'}
    exec(compile(tree, 'program', 'exec'), space)
    for name in warm:
        function = space[name]
        function(20000)
        function(20000)
        if sys.version_info >= (3, 11):
            describe(function.__code__, dis.get_instructions(function, adaptive=True))
print(json.dumps(rows))
