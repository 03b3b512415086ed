"""Other tools, each in its cheapest way, in environments that are made for them."""

import os
import shutil
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks.plans.contestants import Command, Contestant, Task, Worker
from benchmarks.plans.environments import PeerUnavailable, call, clean, installed
from benchmarks.plans.shapes import Work

Write = Callable[[Path, Task], list[str]]


@dataclass(frozen=True, kw_only=True, slots=True)
class Peer:
    """How to have it, and how it is asked."""

    packages: Sequence[str] = ()
    """The tool first; none: a program of the machine's."""
    write: Write | None = None
    """For a program that reads a file; None: a worker of `inside`."""
    variables: Mapping[str, str] | None = None
    install_s: float = 300.0


def peer(name: str, *, cache: Path, folder: Path, program: str) -> Contestant:
    """Ready to be measured. Raises: PeerUnavailable."""
    how = PEERS[name]
    if not how.packages:
        return _of_the_machine(name, folder=folder, program=program)
    env = installed(name, how.packages, cache=cache, timeout_s=how.install_s)
    home = folder / f"{name}.home"
    home.mkdir(parents=True, exist_ok=True)
    variables = {**env.variables, **(how.variables or {}), "HOME": str(home)}
    variables["PATH"] = f"{env.bin}{os.pathsep}{variables['PATH']}"
    if how.write is None:
        argv = [env.python, "-m", "benchmarks.plans.inside", name]
        worker = Worker(name, argv, env=variables)
        worker.version = env.version
        return worker
    return Command(
        name, how.write, version=env.version, folder=folder, env=variables, program=program
    )


def _of_the_machine(name: str, *, folder: Path, program: str) -> Command:
    if shutil.which(name) is None:
        raise PeerUnavailable(f"{name} is not on this machine; install it")
    version = call([name, "--version"], timeout_s=20).split("\n", 1)[0].rpartition(" ")[2]
    write = PEERS[name].write
    assert write is not None
    return Command(name, write, version=version, folder=folder, env=clean(), program=program)


def _make(folder: Path, task: Task) -> list[str]:
    """Without a shell, for its recipes are plain commands."""
    lines = [".SILENT:", "MAKEFLAGS += -rR", "all: " + " ".join(task.shape.ends)]
    lines.append(".PHONY: all " + " ".join(work.name for work in task.shape.works))
    for work in task.shape.works:
        lines += [f"{work.name}: {' '.join(work.after)}", f"\t{_command(task, work)}"]
    (folder / "Makefile").write_text("\n".join(lines) + "\n")
    return ["make", f"-j{task.at_a_time}"]


def _ninja(folder: Path, task: Task) -> list[str]:
    """By a shell, for it has no other way. No step makes its file, so that all are run."""
    lines = ["rule run", "  command = $what"]
    for work in task.shape.works:
        lines += [f"build {work.name}: run {' '.join(work.after)}"]
        lines += [f"  what = {_command(task, work)}"]
    lines += [f"build all: phony {' '.join(task.shape.ends)}", "default all"]
    (folder / "build.ninja").write_text("\n".join(lines) + "\n")
    return ["ninja", "--quiet", f"-j{task.at_a_time}"]


def _doit(folder: Path, task: Task) -> list[str]:
    """Threads, and commands without a shell."""
    steps = [
        {
            "basename": work.name,
            "actions": [task.argv(work.seconds)],
            "task_dep": list(work.after),
            "verbosity": 0,
        }
        for work in task.shape.works
    ]
    ends = task.shape.ends
    lines = [f"DOIT_CONFIG = {{'default_tasks': {ends!r}}}", "", "", "def task_step():"]
    lines.append(f"    yield from {steps!r}")
    (folder / "dodo.py").write_text("\n".join(lines) + "\n")
    at_a_time = str(task.at_a_time)
    return ["python", "-m", "doit", "-n", at_a_time, "-P", "thread", "-r", "zero"]


def _snakemake(folder: Path, task: Task) -> list[str]:
    """A file per step, which it touches itself, for that is how its rules depend on each other."""
    ends = ", ".join(f"'{name}.done'" for name in task.shape.ends)
    lines = ["rule all:", f"    input: {ends}"]
    for work in task.shape.works:
        lines += ["", f"rule {work.name}:"]
        if work.after:
            lines.append("    input: " + ", ".join(f"'{name}.done'" for name in work.after))
        lines.append(f"    output: touch('{work.name}.done')")
        lines.append(f"    shell: '{_command(task, work)}'")
    (folder / "Snakefile").write_text("\n".join(lines) + "\n")
    return ["snakemake", "-j", str(task.at_a_time), "--quiet", "all", "--nolock"]


def _command(task: Task, work: Work) -> str:
    return " ".join(task.argv(work.seconds))


PEERS: Mapping[str, Peer] = {
    "make": Peer(write=_make),
    "ninja": Peer(packages=("ninja",), write=_ninja),
    "doit": Peer(packages=("doit",), write=_doit),
    "dask": Peer(packages=("dask",)),
    "dask_subprocess": Peer(packages=("dask",)),
    "prefect": Peer(
        packages=("prefect", "fastapi<0.151"),  # 3.8.8 cannot be imported with 0.165.
        variables={
            "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
            "PREFECT_SERVER_EPHEMERAL_STARTUP_TIMEOUT_SECONDS": "120",
            "PREFECT_LOGGING_LEVEL": "ERROR",
            "PREFECT_LOGGING_TO_API_ENABLED": "false",
            "PREFECT_CLIENT_SERVER_VERSION_CHECK_ENABLED": "false",
            "DO_NOT_TRACK": "1",
        },
    ),
    "snakemake": Peer(packages=("snakemake",), write=_snakemake, install_s=600.0),
}
"""In the order in which they are told."""
