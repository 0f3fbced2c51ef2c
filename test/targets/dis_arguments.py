# Prints, of each function of the program on the standard input, what is needed to disassemble it and what dis makes of
# it: a JSON object by "name firstlineno". Runs on CPython 3.6 to 3.15.
import dis
import json
import sys
import types

found = {}


def walk(code):
    steps = [step for step in dis.get_instructions(code) if step.opname not in ('EXTENDED_ARG', 'CACHE')]
    found['%s %d' % (code.co_name, code.co_firstlineno)] = {
        'bytecode': code.co_code.hex(),
        'names': list(code.co_names),
        'constants': [repr(constant) for constant in code.co_consts],
        'variables': list(getattr(code, '_varname_from_oparg', None) and [
            code._varname_from_oparg(index)
            for index in range(len(set(code.co_varnames) | set(code.co_cellvars)) + len(code.co_freevars))
        ] or code.co_varnames),
        'cells': list(code.co_cellvars + code.co_freevars),
        'shown': [[step.offset, step.opname, step.argrepr] for step in steps],
    }
    for constant in code.co_consts:
        if isinstance(constant, types.CodeType):
            walk(constant)


walk(compile(sys.stdin.read(), 'program', 'exec'))
print(json.dumps(found))
