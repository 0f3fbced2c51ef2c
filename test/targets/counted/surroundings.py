"""What a program can see of how it was started."""
import sys

print(sys.argv, sys.path[:2], getattr(sys, 'orig_argv', None), sys.flags)
print(__name__, __file__, __spec__, type(__loader__).__name__, __loader__.name, __loader__.path, sorted(globals()))
print(sys._getframe().f_back, sorted(sys.path_importer_cache), sorted(sys.modules))
print(sys.gettrace(), sys.getprofile(), sys.stdin.fileno(), sys.warnoptions)


def fails():
    raise KeyError('shown')


if sys.argv[1:] == ['fails']:
    fails()
if sys.argv[1:] == ['descriptors']:
    import os

    print([os.readlink('/proc/self/fd/%s' % fd) for fd in os.listdir('/proc/self/fd') if int(fd) > 2][:-1])
if sys.argv[1:] == ['interrupted']:
    raise KeyboardInterrupt
