"""Programs that run code from their command, and programs that start others."""

from typing import NamedTuple

SHELLS = frozenset({"sh", "bash", "dash", "zsh", "ksh", "mksh", "ash", "rbash", "yash"})


class Takes(NamedTuple):
    """Where an interpreter takes code from."""

    code: str
    """Letters of the options whose value is code."""
    long: tuple[str, ...] = ()
    """Long options whose value is code."""
    value: str = ""
    """Letters of the options that have a value that is no code."""
    file: str = ""
    """Those of them whose value is a file of code, so that no operand is code."""
    stop: str = ""
    """Letters after whose value the options are another's."""
    operand: bool = False
    """The first operand is code, unless an option gave some."""
    rest: bool = False
    """All that follows the first operand is code."""
    permutes: bool = False
    """Options are read behind operands, too."""


_JS = Takes("ep", ("--eval", "--print"), "r")
_AWK = Takes("e", ("--source",), "vFf", "f", operand=True)
INTERPRETERS = {
    "python": Takes("c", (), "WXQ", stop="m"),
    "pypy": Takes("c", (), "WXQ", stop="m"),
    "perl": Takes("eE", (), "IMm"),
    "ruby": Takes("e", (), "ICr"),
    "node": _JS,
    "nodejs": _JS,
    "bun": _JS,
    "deno": Takes("", (), "", rest=True),
    "php": Takes("rBRE", ("--run", "--process-begin", "--process-code", "--process-end"), "cdfz"),
    "lua": Takes("e", (), "l"),
    "luajit": Takes("e", (), "l"),
    "rscript": Takes("e"),
    "pwsh": Takes("c", ("-Command", "-command", "-EncodedCommand")),
    "osascript": Takes("e", (), "l"),
    "awk": _AWK,
    "gawk": _AWK,
    "mawk": _AWK,
    "nawk": _AWK,
    "sed": Takes("e", ("--expression",), "fl", "f", operand=True, permutes=True),
    "gsed": Takes("e", ("--expression",), "fl", "f", operand=True, permutes=True),
    "fish": Takes("cC", ("--command", "--init-command")),
    "csh": Takes("c"),
    "tcsh": Takes("c"),
    "nu": Takes("ce", ("--commands", "--execute")),
    "su": Takes("c", ("--command", "--session-command"), "gGsw"),
    "runuser": Takes("c", ("--command", "--session-command"), "gGsuw"),
    "script": Takes("c", ("--command",), "EIOBTmo"),
    "ssh": Takes("", (), "BbcDEeFIiJLlmOopQRSWw", rest=True),
    "watch": Takes("", (), "n", operand=True, rest=True),
    "eval": Takes("", operand=True, rest=True),
    "parallel": Takes("", (), "jSNnaILdP", operand=True, rest=True),
}


class Wrapper(NamedTuple):
    """The options of a program that starts another one."""

    value: str = ""
    """Letters of those that have a value."""
    operands: int = 0
    """Words before the command that it starts."""
    code: str = ""
    """Letters of those whose value is code."""
    long_value: tuple[str, ...] = ()


WRAPPERS = {
    "env": Wrapper("uC", code="S", long_value=("--unset", "--chdir")),
    "sudo": Wrapper("ugCDhprRtTU", long_value=("--user", "--group", "--chdir", "--host")),
    "doas": Wrapper("uC"),
    "nice": Wrapper("n", long_value=("--adjustment",)),
    "ionice": Wrapper("cnpPu", long_value=("--class", "--classdata")),
    "timeout": Wrapper("ks", 1, long_value=("--kill-after", "--signal")),
    "nohup": Wrapper(),
    "setsid": Wrapper(),
    "stdbuf": Wrapper("ioe", long_value=("--input", "--output", "--error")),
    "time": Wrapper("fo", long_value=("--format", "--output")),
    "xargs": Wrapper("aEdILnPs"),
    "chrt": Wrapper("TPD", 1),
    "taskset": Wrapper("", 1),
    "flock": Wrapper("wE", 1, code="c"),
    "chronic": Wrapper(),
    "command": Wrapper(),
    "exec": Wrapper("a"),
    "busybox": Wrapper(),
    "unshare": Wrapper("SGRw"),
    "prlimit": Wrapper("p"),
    "strace": Wrapper("abeEIoOpPsSuU"),
}
