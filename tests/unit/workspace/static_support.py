"""A change beside its base, as two directories of files."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from gatewright.domain.findings import Finding
from gatewright.domain.policy import POLICIES, Policy
from gatewright.domain.task import Allowance
from gatewright.workspace.gate.changed import changed_files
from gatewright.workspace.gate.static.checks import static_checks
from gatewright.workspace.gate.static.look import Look

Files = Mapping[str, str | bytes]


def fill(root: Path, files: Files) -> Path:
    root.mkdir(parents=True, exist_ok=True)
    for name, content in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content.encode() if isinstance(content, str) else content)
    return root


@dataclass(frozen=True, kw_only=True)
class Pair:
    """A base, to which changes are made."""

    folder: Path
    base: Files
    policy: Policy = POLICIES["medium"]
    allow: Collection[Allowance] = ()
    scope: Collection[str] = ()
    roots: tuple[str, ...] = ()
    modules: frozenset[str] = frozenset()

    def look(self, change: Mapping[str, str | bytes | None]) -> Look:
        """What the checks see of the base with these files replaced; None deletes."""
        whole = {**self.base, **change}
        number = len(list(self.folder.iterdir())) if self.folder.is_dir() else 0
        base = fill(self.folder / f"{number}-base", self.base)
        files = {path: content for path, content in whole.items() if content is not None}
        after = fill(self.folder / f"{number}-after", files)
        return Look(
            base=base,
            after=after,
            changes=changed_files(base, after),
            policy=self.policy,
            allow=self.allow,
            scope=self.scope,
            roots=self.roots,
            modules=self.modules,
        )

    def findings(self, check: str, change: Mapping[str, str | bytes | None]) -> list[Finding]:
        (result,) = [r for r in static_checks(self.look(change)) if r.check == check]
        return list(result.findings)

    def told(self, check: str, change: Mapping[str, str | bytes | None]) -> list[tuple[str, ...]]:
        """`(severity, rule, file:line)` of each finding."""
        return [
            (found.severity, found.rule or "", f"{found.file}:{found.line}")
            for found in self.findings(check, change)
        ]

    def but(self, **changes: object) -> "Pair":
        return replace(self, **changes)  # type: ignore[arg-type]
