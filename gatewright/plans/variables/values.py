"""Which names and values a variable may have."""

import re

from gatewright.plans.documents.document import Variable
from gatewright.plans.documents.problems import short
from gatewright.plans.variables.places import OF_THE_RUN

MOST_BYTES = 100_000
"""Of one value; Linux takes no word of a command that is longer than 128 KiB."""

_OF_SHELLS = frozenset(
    {"PATH", "IFS", "ENV", "BASH_ENV", "SHELLOPTS", "BASHOPTS", "PS4", "PROMPT_COMMAND", "CDPATH"}
    | {"HOME", "SHELL", "GLOBIGNORE", "PYTHONPATH", "PYTHONHOME", "PYTHONSTARTUP", "PERL5OPT"}
    | {"PERL5LIB", "RUBYOPT", "RUBYLIB", "NODE_OPTIONS", "GCONV_PATH", "PWD", "OLDPWD"}
    | {"GIT_DIR", "GIT_WORK_TREE", "GIT_EXEC_PATH", "GIT_PROXY_COMMAND", "GIT_EXTERNAL_DIFF"}
    | {"GIT_EDITOR", "GIT_SEQUENCE_EDITOR", "GIT_PAGER", "GIT_ASKPASS", "GIT_INDEX_FILE"}
    | {"GIT_OBJECT_DIRECTORY", "GIT_TEMPLATE_DIR", "EDITOR", "VISUAL", "PAGER", "SSH_ASKPASS"}
)
_PREFIXES = ("LD_", "DYLD_", "GIT_SSH", "GIT_CONFIG", "GATEWRIGHT_", "GW_STEPS_", "BASH_FUNC_")


def refused_name(name: str) -> str:
    """Why no variable may have this name, or nothing.

    A variable goes into the environment of shells under its name: some names would change what a
    shell or git itself does.
    """
    if name in OF_THE_RUN:
        return "is set by the engine for every step"
    if name in _OF_SHELLS or name.startswith(_PREFIXES):
        return "has a name that changes what programs do: name it otherwise"
    return ""


def fitting(value: str, variable: Variable) -> str:
    """Why a variable cannot have this value, or nothing."""
    told = "the value" if variable.secret else short(value)
    if "\x00" in value:
        return f"cannot hold a NUL character, as {told} does"
    try:
        size = len(value.encode())
    except UnicodeEncodeError:
        return f"must be UTF-8 text, and {told} is not"
    if size > MOST_BYTES:
        return f"takes {MOST_BYTES} bytes at most, and got {size}"
    if variable.pattern is not None and not re.fullmatch(variable.pattern, value):
        return f"must match {variable.pattern!r}, and {told} does not"
    return ""
