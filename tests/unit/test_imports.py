"""Every module can be imported first, light things stay light, and package data is there."""

import json
import subprocess
import sys
from importlib import resources
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PACKAGES = ("graph", "agents", "nodes", "routing", "gatewright")

IMPORT_EACH = """
import importlib, json, os, sys, traceback, warnings

for heavy in sys.argv[2:]:
    importlib.import_module(heavy)
assert not any(name.split(".")[0] in {"graph", "agents", "nodes", "routing", "gatewright"}
               for name in sys.modules)
warnings.simplefilter("error")
modules = json.loads(sys.argv[1])
domain = [name for name in modules if name.startswith("gatewright.domain")]
for name in domain + [None] + [name for name in modules if name not in domain]:
    if name is None:
        # It imports nothing of the other rooms, and each of its modules has been seen to do alone.
        for known in domain:
            importlib.import_module(known)
        continue
    sys.stdout.flush()
    child = os.fork()
    if child == 0:
        try:
            importlib.import_module(name)
        except BaseException:
            print(name, traceback.format_exc(limit=-3), flush=True)
            os._exit(1)
        os._exit(0)
    _, status = os.waitpid(child, 0)
    if status:
        print(name, status)
"""
"""A child for each module, forked before any of ours was imported; third-party libraries are
imported once, in the parent."""
HEAVY = [
    *("langgraph.graph", "langgraph.checkpoint.sqlite.aio", "langchain_core.language_models"),
    *("duckdb", "psutil", "pydantic_settings", "platformdirs", "structlog", "typer"),
    *("rich.table", "rich.status", "yaml", "pytest"),
]

LOADED = "import sys, importlib; importlib.import_module(sys.argv[1]); print(*sys.modules)"


def all_modules() -> list[str]:
    paths = [path for name in PACKAGES for path in sorted((ROOT / name).rglob("*.py"))]
    names = [path.relative_to(ROOT).with_suffix("").parts for path in paths]
    return [
        ".".join(parts).removesuffix(".__init__")
        for parts in names
        if parts[:2] != ("gatewright", "sample")
    ]


def python(program: str, *arguments: str) -> str:
    done = subprocess.run(
        [sys.executable, "-c", program, *arguments],
        cwd=ROOT,
        check=False,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.slow
def test_every_module_imports_alone() -> None:
    modules = all_modules()
    assert "graph.develop" in modules
    assert "gatewright.workspace.gate.inside.run_pytest" in modules
    assert python(IMPORT_EACH, json.dumps(modules), *HEAVY) == ""


@pytest.mark.parametrize(
    ("module", "without"),
    [
        (
            "gatewright.cli.main",
            {"litellm", "langgraph", "langchain_core", "duckdb", "pydantic_settings", "psutil"},
        ),
        ("gatewright.app", {"litellm", "openai"}),
        ("gatewright.testing", {"litellm", "langgraph", "langchain_core", "duckdb", "pytest"}),
        ("gatewright.domain.ports", {"litellm", "langgraph", "langchain_core", "duckdb"}),
        ("agents.planner", {"litellm", "langgraph", "langchain_core", "duckdb"}),
    ],
)
def test_what_an_import_does_not_bring(module: str, without: set[str]) -> None:
    assert set(python(LOADED, module).split()) & without == set()


def test_init_files_hold_a_docstring_only() -> None:
    """A re-export would make `import nodes.plan` circular, and import-linter does not see it."""
    files = [path for name in PACKAGES for path in (ROOT / name).rglob("__init__.py")]
    texts = {str(path): path.read_text() for path in files if "sample" not in path.parts}
    assert len(texts) > 10
    odd = {path for path, text in texts.items() if not text.startswith('"""')}
    odd |= {path for path, text in texts.items() if not text.rstrip().endswith('"""')}
    odd |= {path for path, text in texts.items() if text.count('"""') != 2}
    assert odd == set()


@pytest.mark.parametrize(
    ("package", "place"),
    [
        ("agents", "prompts/planner.md"),
        ("agents", "prompts/plan_reviewer.md"),
        ("agents", "prompts/implementer.md"),
        ("agents", "prompts/code_reviewer.md"),
        ("gatewright", "py.typed"),
        ("gatewright", "sample/task.yaml"),
        ("gatewright.storage", "queries.sql"),
        ("gatewright.storage", "migrations/0001_tasks_and_answers.sql"),
        ("gatewright.telemetry", "schema.sql"),
        ("gatewright.telemetry", "queries.sql"),
    ],
)
def test_package_data_is_there(package: str, place: str) -> None:
    assert resources.files(package).joinpath(place).read_bytes() != b"" or place == "py.typed"


def test_every_data_file_would_be_in_a_wheel() -> None:
    """By the same patterns that setuptools reads; a wheel itself is built by `.ci/run`."""
    import tomllib

    with (ROOT / "pyproject.toml").open("rb") as file:
        data = tomllib.load(file)["tool"]["setuptools"]["package-data"]
    packed = {
        path
        for package, patterns in data.items()
        for pattern in patterns
        for path in ROOT.joinpath(*package.split(".")).glob(pattern)
    }
    present = {
        path
        for name in PACKAGES
        for path in (ROOT / name).rglob("*")
        if path.is_file() and path.suffix not in (".py", ".pyc")
    }
    assert {str(path.relative_to(ROOT)) for path in present - packed} == set()
