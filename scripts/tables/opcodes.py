# Prints the opcode table of the interpreter that runs it, as JSON. Runs on CPython 3.6 to 3.15, hence the old
# syntax; nothing is imported that a minimal installation may lack.
#
#     python3.N opcodes.py [INCLUDE_DIRECTORY]
#
# The numbers come from `opcode` and `dis`; the interpreter's headers, where installed, must agree with them and
# say more: what each specialised instruction deoptimises to, which instructions push a frame.
import importlib.util
import json
import opcode
import os
import re
import sys
import sysconfig

MINOR = sys.version_info[1]


def main():
    headers = Headers(sys.argv[1] if len(sys.argv) > 1 else sysconfig.get_path("include"))
    numbers = instruction_numbers()
    if MINOR >= 11:
        headers.check_numbers(numbers)
    bases = deoptimised(numbers)
    headers.check_bases(bases)
    caches = cache_units(numbers, bases)
    headers.check_caches(caches, bases)
    by_number = sorted(numbers.items(), key=lambda item: item[1])
    json.dump({
        "version": "%d.%d" % sys.version_info[:2],
        "madeFrom": "%d.%d.%d" % sys.version_info[:3],
        "magic": int.from_bytes(importlib.util.MAGIC_NUMBER[:2], "little"),
        "haveArgument": opcode.HAVE_ARGUMENT,
        "instructions": [[number, name, numbers[bases[name]], caches[name]] for name, number in by_number],
        "has": argument_kinds(numbers),
        "compareOperators": list(opcode.cmp_op),
        "binaryOperators": [[name, symbol] for name, symbol in getattr(opcode, "_nb_ops", [])],
        "intrinsics1": list(getattr(opcode, "_intrinsic_1_descs", [])),
        "intrinsics2": list(getattr(opcode, "_intrinsic_2_descs", [])),
        "specialMethods": list(getattr(opcode, "_special_method_names", [])),
        "commonConstants": [getattr(it, "__name__", repr(it)) for it in common_constants()],
        "pushesFrame": headers.frame_pushers(),
        "neverEscapes": headers.never_escaping(),
    }, sys.stdout)


def instruction_numbers():
    """Name -> number of everything that can stand in bytecode."""
    numbers = dict((name, number) for name, number in opcode.opmap.items() if number < 256)
    # Specialised: `_specialized_opmap` from 3.13 on; on 3.11 and 3.12 they fill the free numbers in order, as
    # Tools/build/generate_opcode_h.py does, and `dis` does the same.
    specialised = getattr(opcode, "_specialized_opmap", None)
    if specialised is None and hasattr(opcode, "_specialized_instructions"):
        import dis
        specialised = dict((name, dis._all_opmap[name]) for name in opcode._specialized_instructions)
    numbers.update(specialised or {})
    return numbers


def deoptimised(numbers):
    """Name -> name of the instruction that the compiler emitted."""
    bases = dict((name, name) for name in numbers)
    for base, family in getattr(opcode, "_specializations", {}).items():
        for name in family:
            bases[name] = base
    # Python/instrumentation.c, DE_INSTRUMENT. INSTRUMENTED_LINE and INSTRUMENTED_INSTRUCTION hide any opcode.
    for name in numbers:
        if name.startswith("INSTRUMENTED_") and name[len("INSTRUMENTED_"):] in numbers:
            bases[name] = name[len("INSTRUMENTED_"):]
    return bases


def cache_units(numbers, bases):
    """Name -> inline cache entries, in code units, after the instruction."""
    entries = getattr(opcode, "_inline_cache_entries", {})
    if not hasattr(entries, "get"):  # a list by number on 3.11 and 3.12
        entries = dict((name, entries[number]) for name, number in numbers.items())
    return dict((name, entries.get(bases[name], 0)) for name in numbers)


def argument_kinds(numbers):
    """Kind of argument -> numbers of the base instructions that have it."""
    kinds = ["const", "name", "local", "free", "compare", "jrel", "jabs"]
    real = set(numbers.values())
    has = dict((kind, sorted(set(getattr(opcode, "has" + kind)) & real)) for kind in kinds)
    arguments = getattr(opcode, "hasarg", None)  # 3.12+
    if arguments is None:
        arguments = [number for number in real if number >= opcode.HAVE_ARGUMENT]
    has["arg"] = sorted(set(arguments) & real)
    return has


def common_constants():
    constants = getattr(opcode, "_common_constants", None)  # 3.14+
    return [] if constants is None else constants


class Headers(object):
    """What the C headers say, each part empty where this version or installation has no such header."""

    def __init__(self, directory):
        self.directory = directory
        self.ids = self.read("opcode_ids.h") or self.read("opcode.h")
        self.text = self.read("internal/pycore_opcode_metadata.h") or self.read("internal/pycore_opcode.h")

    def read(self, name):
        path = os.path.join(self.directory, name)
        if not os.path.exists(path):
            return ""
        with open(path) as header:
            return header.read()

    def check_numbers(self, numbers):
        if not self.ids:
            sys.stderr.write("no opcode headers found: the modules alone are the source\n")
            return
        defined = dict((name, int(number)) for name, number in re.findall(r"#define (\w+) +(\d+)\n", self.ids))
        for name, number in defined.items():
            # Not instructions: markers, operators of BINARY_OP, pseudo instructions of the compiler, and what
            # the loop of 3.11 jumps to while tracing.
            if re.match("HAVE_|MIN_|MAX_|NB_|ENABLE_|DO_TRACING", name) or number >= 256:
                continue
            agree(numbers.get(name) == number, "%s is %d in the headers" % (name, number))
        for name, number in numbers.items():
            agree(defined.get(name) == number, "%s is not %d in the headers" % (name, number))

    def check_bases(self, bases):
        for name, base in self.array("_PyOpcode_Deopt", r"(\w+)"):
            # Instrumented instructions deoptimise to themselves there; numbers without a name stand for themselves.
            if name not in bases or name.startswith("INSTRUMENTED_"):
                agree(name == base, "%s deoptimises to %s" % (name, base))
            else:
                agree(bases[name] == base, "%s deoptimises to %s, not %s" % (name, base, bases[name]))

    def check_caches(self, caches, bases):
        listed = dict((name, int(units)) for name, units in self.array("_PyOpcode_Caches", r"(\d+)"))
        if listed:
            for name, units in caches.items():
                agree(listed.get(bases[name], 0) == units, "%s has other inline caches in the headers" % name)

    def frame_pushers(self):
        """Of the instructions that have a micro-op expansion (3.13+): those which push a frame."""
        expansions = re.findall(r"\[(\w+)\] = \{ \.nuops = \d+, \.uops = (.*)", self.text)
        return sorted(name for name, uops in expansions if "{ _PUSH_FRAME," in uops)

    def never_escaping(self):
        """Those without HAS_ESCAPES_FLAG (3.13+): what they do leaves the interpreter loop for no unknown code."""
        metadata = re.findall(r"\[(\w+)\] = \{ true, INSTR_\w+, (.*) \},", self.text)
        return sorted(name for name, flags in metadata if "HAS_ESCAPES_FLAG" not in flags)

    def array(self, name, value):
        body = re.search(name + r"\[\d+\] = \{(.*?)\};", self.text, re.DOTALL)
        return [] if body is None else re.findall(r"\[(\w+)\] = " + value + ",", body.group(1))


def agree(condition, complaint):
    if not condition:
        sys.exit("opcodes.py: " + complaint)


main()
