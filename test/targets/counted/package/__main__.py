import sys

from package.part import Part, total

print(Part.size + total(), sys.argv[1:])
