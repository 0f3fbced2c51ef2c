"""Code that runs before main: modules of its own, of the library, a circle, one that fails."""
import argparse
import json
import textwrap

import package.part
from package.part import *

try:
    import package.missing
except ImportError as error:
    print(error)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument('--n', type=int, default=3)
    options = parser.parse_args([])
    print(json.dumps({'n': options.n, 'sizes': [package.part.Part.size]}))
    print(textwrap.fill('word ' * 30, 40))


if __name__ == '__main__':
    main()
