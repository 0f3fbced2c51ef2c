#pragma once
// Python that the counter runs before the program: it makes the interpreter look as it would if it had been
// started with the program itself. What it leaves in `program` is called when nothing of this is running any
// more. It follows Modules/main.c and Python/pythonrun.c of CPython.

namespace heavyops::count {

// clang-format off
constexpr char kBootstrap[] = R"python(
import sys


def prepare(native):
    kind, target, *arguments = sys.argv[1:]
    name = [target] if kind == 'script' else ['-m', target]
    if hasattr(sys, 'orig_argv'):
        sys.orig_argv[:] = sys.orig_argv[: -len(sys.argv) - 1] + name + arguments
    sys.argv[:] = name[:1] + arguments
    main = sys.modules['__main__'].__dict__
    for left in ('_imp', 'sys'):
        main.pop(left, None)
    native.watch(sys.version_info[:2])
    forget_loader()
    return module(target) if kind == 'module' else script(main, target)


# What `python -c` itself does: since 3.13 it loads linecache, and searches the working directory for it.
def forget_loader():
    import os

    if sys.version_info >= (3, 13) and sys.modules.pop('linecache', None):
        sys.path_importer_cache.pop(os.getcwd(), None)


def module(name):
    import os
    import runpy

    if begins_with_folder():
        sys.path[0] = os.getcwd()
    return runpy._run_module_as_main, (name,)


def script(main, path):
    import os

    if is_package(path):
        import runpy

        if begins_with_folder():
            del sys.path[0]
        sys.path.insert(0, path)
        return runpy._run_module_as_main, ('__main__', False)
    if sys.version_info >= (3, 9) and not os.path.isabs(path):
        path = os.path.join(os.getcwd(), path)
    sys.path_importer_cache[path] = None
    if begins_with_folder():
        sys.path[0] = os.path.dirname(os.path.realpath(path))
    loaders = sys.modules['_frozen_importlib_external']
    main['__file__'] = path
    if sys.version_info < (3, 15):
        main['__cached__'] = None
    loader = loaders.SourcelessFileLoader if path.endswith('.pyc') else loaders.SourceFileLoader
    main['__loader__'] = loader('__main__', path)
    with open(path, 'rb') as file:
        content = file.read()
    if path.endswith('.pyc'):
        import marshal

        return eval, (marshal.loads(content[16:]), main)
    return compile, (content, path, 'exec', 0, True), main


def begins_with_folder():
    safe = getattr(sys.flags, 'safe_path', False) or sys.flags.isolated
    return not safe and sys.path[:1] == ['']


def is_package(path):
    for hook in sys.path_hooks:
        try:
            hook(path)
        except ImportError:
            continue
        return True
    return False


program = prepare(native)
)python";
// clang-format on

}  // namespace heavyops::count
