"""Names and words by which code finds out who runs it, or gets at whoever does.

What hardly has an honest use in a mended function blocks; the rest is told.
"""

from collections.abc import Mapping
from typing import NamedTuple

from gatewright.domain.findings import Severity


class Suspect(NamedTuple):
    """What is wrong with using one name."""

    rule: str
    severity: Severity
    why: str


_FRAMES = Suspect("frames", "blocking", "it looks at who calls")
_SOURCE = Suspect("reads-source", "blocking", "it reads source code at run time")
_GARBAGE = Suspect("objects-of-others", "blocking", "it finds objects that it was not given")
_NATIVE = Suspect("native-memory", "blocking", "it reaches past the interpreter")
_ENDING = Suspect("ends-the-process", "blocking", "it ends the process that runs the tests")
_KILLING = Suspect("kills", "blocking", "it may end the process that runs the tests")
_TRACING = Suspect("tracing", "blocking", "it watches, or turns off, what the tests measure with")
_HOOKS = Suspect("import-hooks", "blocking", "it changes what an import gives")
_EXIT = Suspect("at-exit", "warning", "it runs after the tests, when they are no longer watched")
_PATH = Suspect("import-path", "warning", "it changes where imports look")
_STACK = Suspect("frames", "warning", "it looks at who calls")
_REPLACED = Suspect("replaces-process", "warning", "it puts another program in this one's place")

SUSPECTS: Mapping[str, Suspect] = {
    **dict.fromkeys(
        (
            "inspect.stack",
            "inspect.trace",
            "inspect.currentframe",
            "inspect.getframeinfo",
            "inspect.getinnerframes",
            "inspect.getouterframes",
            "sys._current_exceptions",
            "sys._current_frames",
            "sys._getframe",
            "sys._getframemodulename",
            "traceback.extract_stack",
            "traceback.walk_stack",
        ),
        _FRAMES,
    ),
    **dict.fromkeys(("inspect.findsource", "inspect.getsource", "inspect.getsourcelines"), _SOURCE),
    "linecache": Suspect("reads-source", "warning", "it reads source code at run time"),
    **dict.fromkeys(("gc.get_objects", "gc.get_referents", "gc.get_referrers"), _GARBAGE),
    **dict.fromkeys(("_ctypes", "cffi", "ctypes"), _NATIVE),
    **dict.fromkeys(("os._exit", "os.abort"), _ENDING),
    **dict.fromkeys(("signal.pthread_kill", "signal.raise_signal"), _KILLING),
    **dict.fromkeys(
        (
            "sys.addaudithook",
            "sys.monitoring",
            "sys.setprofile",
            "sys.settrace",
            "threading.setprofile",
            "threading.setprofile_all_threads",
            "threading.settrace",
            "threading.settrace_all_threads",
        ),
        _TRACING,
    ),
    **dict.fromkeys(("sys.meta_path", "sys.path_hooks", "sys.path_importer_cache"), _HOOKS),
    "atexit": _EXIT,
    "faulthandler": Suspect("tracing", "warning", "it writes where a crash is told"),
    "importlib.reload": Suspect("import-hooks", "warning", "it runs a module again"),
    "os.getppid": Suspect("kills", "warning", "it names the process that runs the tests"),
    "sys.path": _PATH,
    "traceback.format_stack": _STACK,
    "traceback.print_stack": _STACK,
    **dict.fromkeys(
        ("os.execl", "os.execle", "os.execlp", "os.execlpe", "os.execv", "os.execve"), _REPLACED
    ),
    **dict.fromkeys(("os.execvp", "os.execvpe"), _REPLACED),
}
"""By what a name stands for; what lies below one counts as well."""

FRAME_ATTRIBUTES = frozenset(
    {"ag_frame", "cr_frame", "f_back", "f_globals", "f_locals", "gi_frame", "tb_frame"}
)

RUNNERS = frozenset({"_pytest", "hypothesis", "nose", "pluggy", "py.test", "pytest", "unittest"})
"""Modules that only tests need."""

WORDS = ("pluggy", "pytest", "unittest")
"""In a string, whatever the case, they name the runner."""

FRAGMENTS = frozenset({"_pytes", "pytes", "ytest", "pyte", "ytes", "nittest", "unittes"})
"""Of the same names, as a search in a list of modules would use them."""

CASUAL = frozenset(
    {
        "logging.lastResort",
        "logging.raiseExceptions",
        "os.environ",
        "socket.socket",
        "ssl._create_default_https_context",
        "sys.argv",
        "sys.displayhook",
        "sys.dont_write_bytecode",
        "sys.excepthook",
        "sys.ps1",
        "sys.ps2",
        "sys.stderr",
        "sys.stdin",
        "sys.stdout",
        "sys.unraisablehook",
        "threading.excepthook",
        "warnings.formatwarning",
        "warnings.showwarning",
    }
)
"""Attributes of standard modules that programs set for themselves."""


def suspect(dotted: str) -> tuple[str, Suspect] | None:
    """The listed name that this one is or lies below, and what is wrong with it."""
    parts = dotted.split(".")
    for length in range(1, min(len(parts), 3) + 1):
        name = ".".join(parts[:length])
        if name in SUSPECTS:
            return name, SUSPECTS[name]
    return None
