"""Pairs of functions that do the same: in "before" a sum or a comparison works on types that it has no form for, in
"after" it does not.

Usage: advice_numbers.py NAME before|after    runs that one for ever
       advice_numbers.py --time               prints CPU time of each, and what the change saves
"""
import decimal
import enum
import fractions
import sys
import time


class Level(enum.IntEnum):
    LOW = 1
    HIGH = 2


class State(enum.Enum):
    OPEN = 'open'
    SHUT = 'shut'


def mixed_before(rounds, factor=3, value=0.5):
    total = 0.0
    for _ in range(rounds):
        total = value * factor + factor
    return total


def mixed_after(rounds, factor=3, value=0.5):
    total = 0.0
    factor = float(factor)
    for _ in range(rounds):
        total = value * factor + factor
    return total


def compared_before(rounds, low=1, value=0.5):
    below = 0
    for _ in range(rounds):
        if value < low:
            below += 1
        if value < low:
            below += 1
    return below


def compared_after(rounds, low=1, value=0.5):
    below = 0
    low = float(low)
    for _ in range(rounds):
        if value < low:
            below += 1
        if value < low:
            below += 1
    return below


def decimal_before(rounds, price=decimal.Decimal('12.50'), total=decimal.Decimal(0)):
    for _ in range(rounds):
        cost = total + price
        cost = total - price
    return cost


def decimal_after(rounds, price=1250, total=0):
    for _ in range(rounds):
        cost = total + price
        cost = total - price
    return cost


def fraction_before(rounds, half=fractions.Fraction(1, 2), third=fractions.Fraction(1, 3)):
    for _ in range(rounds):
        total = half + third
    return total


def fraction_after(rounds, half=0.5, third=1 / 3):
    for _ in range(rounds):
        total = half + third
    return total


def flags_before(rounds, flag=True, total=5):
    for _ in range(rounds):
        count = total + flag
        count = total - flag
    return count


def flags_after(rounds, flag=True, total=5):
    flag = int(flag)
    for _ in range(rounds):
        count = total + flag
        count = total - flag
    return count


def level_before(rounds, level=Level.LOW, least=Level.HIGH):
    found = 0
    for _ in range(rounds):
        if level < least:
            found += 1
    return found


def level_after(rounds, level=Level.LOW, least=Level.HIGH):
    found = 0
    level, least = level.value, least.value
    for _ in range(rounds):
        if level < least:
            found += 1
    return found


def state_before(rounds, state=State.OPEN, wanted=State.SHUT):
    found = 0
    for _ in range(rounds):
        if state == wanted:
            found += 1
    return found


def state_after(rounds, state=State.OPEN, wanted=State.SHUT):
    found = 0
    for _ in range(rounds):
        if state is wanted:
            found += 1
    return found


def none_before(rounds, value=5):
    found = 0
    for _ in range(rounds):
        if value == None:
            found += 1
    return found


def none_after(rounds, value=5):
    found = 0
    for _ in range(rounds):
        if value is None:
            found += 1
    return found


NAMES = [name[:-7] for name in list(globals()) if name.endswith('_before')]


def measured(function):
    function(20000)
    times = []
    for _ in range(7):
        start = time.process_time()
        function(200000)
        times.append(time.process_time() - start)
    return min(times) / 200000 * 1e9


if sys.argv[1] == '--time':
    for name in NAMES:
        before, after = measured(globals()[name + '_before']), measured(globals()[name + '_after'])
        print('%s %.1f ns before, %.1f ns after: %+.0f %%' % (name, before, after, (after / before - 1) * 100))
    sys.exit()
chosen = globals()['_'.join(sys.argv[1:])]
chosen(20000)
print('ready', flush=True)
while True:
    chosen(1000000)
