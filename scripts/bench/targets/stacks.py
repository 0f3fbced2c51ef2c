"""COUNT different stacks of 16 to 18 frames, each there for some 50 µs, one after another, again and again.

Usage: stacks.py COUNT

The bits of a number say which function calls which: `even` for 0, `odd` for 1. Nearly all of the time is in one
instruction, a call of C, so that there are as many stacks for who tells functions apart as for who tells lines or
instructions.
"""
import sys

numbers = tuple(range(10_000))


def leaf():
    sum(numbers)


def even(bits, left):
    if left == 0:
        leaf()
    elif bits & 1:
        odd(bits >> 1, left - 1)
    else:
        even(bits >> 1, left - 1)


def odd(bits, left):
    if left == 0:
        leaf()
    elif bits & 1:
        odd(bits >> 1, left - 1)
    else:
        even(bits >> 1, left - 1)


count = int(sys.argv[1])
width = count.bit_length()
print('ready', flush=True)
while True:
    for number in range(count):
        even(number, width)
