"""Which test fails when a rule of the gate is taken out.

`python -m benchmarks.gate_rules --json [--only WORD] [--markdown]`; the last line is one JSON
object. For every rule in `gate_rules.toml` a copy of the project gets the rule's mutation (one
text for another in one file of the gate), and the test that is named for it is run there. The
rule is protected when that test passes without the mutation and fails with it.
"""

import argparse
import json
import shutil
import subprocess
import sys
import tempfile
import tomllib
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

PROJECT = Path(__file__).parents[1]
LEFT_OUT = shutil.ignore_patterns(
    ".git", ".venv", "build", ".*_cache", ".hypothesis", "__pycache__", "*.egg-info"
)


class Rule(NamedTuple):
    """One rule, its mutation and its test."""

    rule: str
    file: str
    old: str
    new: str
    test: str


def rules() -> list[Rule]:
    """The table, as it is kept beside this file."""
    text = Path(__file__).with_name("gate_rules.toml").read_text(encoding="utf-8")
    return [Rule(**row) for row in tomllib.loads(text)["rule"]]


def measure(wanted: list[Rule], say: Callable[[str], None]) -> list[dict[str, Any]]:
    """Try one mutation after the other, each in the same copy, put back afterwards."""
    with tempfile.TemporaryDirectory(prefix="gatewright-rules-") as folder:
        copy = Path(folder) / "project"
        shutil.copytree(PROJECT, copy, ignore=LEFT_OUT)
        healthy = _pass(copy, sorted({rule.test for rule in wanted}))
        rows = []
        for rule in wanted:
            row = {"rule": rule.rule, "test": rule.test, **_tried(copy, rule, healthy)}
            say(f"{row['outcome']:12} {rule.rule}  ({rule.test})")
            rows.append(row)
        return rows


def _tried(copy: Path, rule: Rule, healthy: bool) -> dict[str, Any]:
    target = copy / rule.file
    text = target.read_text(encoding="utf-8")
    if text.count(rule.old) != 1:
        return {"outcome": "stale", "why": f"{rule.old!r} is not once in {rule.file}"}
    target.write_text(text.replace(rule.old, rule.new), encoding="utf-8")
    try:
        caught = not _pass(copy, [rule.test])
    finally:
        target.write_text(text, encoding="utf-8")
    return {"outcome": "caught" if caught and healthy else "not caught"}


def _pass(copy: Path, tests: list[str]) -> bool:
    """Whether these tests pass in the copy."""
    command = [
        sys.executable,
        "-m",
        "pytest",
        "-q",
        "-x",
        "-p",
        "no:cacheprovider",
        "-m",
        "",
        *tests,
    ]
    done = subprocess.run(command, cwd=copy, capture_output=True, check=False)
    return done.returncode == 0


def as_markdown(rows: list[dict[str, Any]]) -> str:
    """The table for the documentation."""
    lines = ["| rule | test that fails without it |", "|---|---|"]
    lines += [f"| {row['rule']} | `{row['test'].rpartition('/')[2]}` |" for row in rows]
    return "\n".join(lines)


def main() -> None:
    """Read the options, measure, print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", action="store_true", help="only the last line, one JSON object")
    parser.add_argument("--only", default="", help="rules and tests that hold this word")
    parser.add_argument("--markdown", action="store_true", help="print the table for the docs")
    options = parser.parse_args()
    say: Callable[[str], None] = (lambda line: None) if options.json else print
    wanted = [rule for rule in rules() if options.only in rule.rule + rule.test]
    rows = measure(wanted, say)
    if options.markdown:
        print(as_markdown(rows))
    caught = sum(row["outcome"] == "caught" for row in rows)
    bad = [row for row in rows if row["outcome"] != "caught"]
    figures = {"benchmark": "gate_rules", "rules": len(rows), "caught": caught, "not_caught": bad}
    print(json.dumps(figures))


if __name__ == "__main__":
    main()
