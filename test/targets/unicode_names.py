"""Names that are not ASCII, in each of the widths that CPython stores strings in: Latin-1, two bytes, four bytes.

The code is compiled under a file name that is not ASCII either.
"""

SOURCE = u'''
def \u00e9t\u00e9(n):
    return sum(range(n))


def \u8ba1\u7b97(n):
    return \u00e9t\u00e9(n)


def \U00010400deseret(n):
    return \u8ba1\u7b97(n)


class Gr\u00f6\u00dfe(object):
    def m\u00e4\u00df(self, n):
        return \U00010400deseret(n)


def main():
    gr\u00f6\u00dfe = Gr\u00f6\u00dfe()
    gr\u00f6\u00dfe.m\u00e4\u00df(1000)
    print('ready', flush=True)
    while True:
        gr\u00f6\u00dfe.m\u00e4\u00df(1000)
'''

names = {}
exec(compile(SOURCE, u'/tmp/caf\u00e9/\u6e2c\u8a66-\U0001f40d.py', 'exec'), names)
names['main']()
