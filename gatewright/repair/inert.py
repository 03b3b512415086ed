"""Edits that can change nothing in the failing tests, by the values that were seen in them.

Pure. An edit is inert if, in every snapshot of its place, the smallest part of the code that it
changes comes to the same value, or the statements that it changes do the same; and if these
snapshots are all there were.
"""

import ast
import builtins
from collections.abc import Iterable, Mapping
from functools import cached_property
from typing import Any, NamedTuple

from gatewright.repair.effects import alike, effect
from gatewright.repair.mutate import Candidate
from gatewright.repair.operations import IMMUTABLE, Unknown, same
from gatewright.repair.regions import Change, Pair, Regions, own_lines
from gatewright.repair.seen_types import factor
from gatewright.repair.source import Source
from gatewright.repair.values import Env, Evaluator

Snapshots = Mapping[str, Mapping[int, list[dict[str, str]]]]
Types = Mapping[str, Mapping[int, dict[str, str]]]

BUILTINS = frozenset(dir(builtins))
_SCOPES = (ast.Lambda, ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)
_CLAUSES = (ast.stmt, ast.ExceptHandler, ast.match_case)
_BARRIERS = (ast.Await, ast.Yield, ast.YieldFrom)
_UNKNOWN = object()


class Sifted(NamedTuple):
    """Candidates in two parts, each the likeliest first."""

    kept: list[Candidate]
    inert: list[Candidate]
    """Alone they change nothing in the failing tests; beside another edit they may."""


def drop(
    candidates: Iterable[Candidate],
    files: Mapping[str, bytes],
    snapshots: Snapshots,
    complete: Mapping[str, Iterable[int]],
    types: Types,
) -> list[Candidate]:
    """Those that may change something, scored anew by the types that were seen."""
    return sift(candidates, files, snapshots, complete, types).kept


def sift(
    candidates: Iterable[Candidate],
    files: Mapping[str, bytes],
    snapshots: Snapshots,
    complete: Mapping[str, Iterable[int]],
    types: Types,
) -> Sifted:
    """As `drop`, with what it drops."""
    known: dict[str, _File | None] = {}
    sifted = Sifted([], [])
    for candidate in candidates:
        path = candidate.path
        if path not in known:
            seen = (snapshots.get(path, {}), complete.get(path, ()), types.get(path, {}))
            known[path] = _File.read(path, files[path], *seen) if path in files else None
        file = known[path]
        change = file.regions.change(candidate) if file is not None else None
        if file is None or change is None:
            sifted.kept.append(candidate)
        elif change.is_layout or file.is_inert(change):
            sifted.inert.append(candidate)
        else:
            score = candidate.score * file.likelihood(change)
            sifted.kept.append(candidate._replace(score=round(score, 9)))
    for part in sifted:
        part.sort(key=lambda each: (-each.score, *each[:3], each.new))
    return sifted


class _File:
    """One file with what was seen in it."""

    def __init__(
        self,
        source: Source,
        snapshots: Mapping[int, list[dict[str, str]]],
        complete: Iterable[int],
        types: Mapping[int, dict[str, str]],
    ) -> None:
        self.regions = Regions(source)
        self._source = source
        self._snapshots = snapshots
        self._complete = frozenset(complete)
        self._types = types
        self._envs: dict[ast.stmt, list[Env]] = {}
        self._restless: dict[ast.stmt, list[ast.AST]] = {}
        self._values: dict[tuple[ast.AST, ast.AST], list[Any]] = {}

    @classmethod
    def read(cls, path: str, data: bytes, *seen: Any) -> "_File | None":
        try:
            return cls(Source(path, data), *seen)
        except (SyntaxError, ValueError, RecursionError):
            return None

    def is_inert(self, change: Change) -> bool:
        anchor = change.anchor
        if anchor is None:
            return False
        if anchor not in self._envs:
            self._envs[anchor] = self._envs_of(anchor)
        envs = self._envs[anchor]
        if not envs:
            return False
        return self._same_value(change, anchor, envs) or self._same_effect(change, envs)

    def likelihood(self, change: Change) -> float:
        """A factor for the score, by types."""
        anchor = change.anchor
        lines = own_lines(anchor) if anchor is not None else range(0)
        types = next((self._types[line] for line in lines if line in self._types), None)
        return 1.0 if types is None else factor(change.chain, types)

    def _envs_of(self, anchor: ast.stmt) -> list[Env]:
        """All that the variables have been before the statement; empty unless all is known."""
        ran = [line for line in own_lines(anchor) if line in self._types or line in self._snapshots]
        if not self.regions.is_alone(anchor) or not self._complete.issuperset(ran):
            return []
        return [_read(texts) for line in ran for texts in self._snapshots.get(line, ())]

    def _same_effect(self, change: Change, envs: list[Env]) -> bool:
        if change.header and (change.before or not change.anchor):
            return False  # the blocks are not there
        try:
            return all(
                alike(
                    effect(change.before, env, builtins=self._builtins),
                    effect(change.after, env, builtins=self._builtins),
                )
                for env in envs
            )
        except Unknown:
            return False

    def _same_value(self, change: Change, anchor: ast.stmt, envs: list[Env]) -> bool:
        """Whether some part of the statement that holds all of the edit has the same value."""
        chain = change.chain
        last = 0
        for place, (node, _) in enumerate(chain[1:], 1):
            if isinstance(node, _CLAUSES):
                break
            last = place
            if isinstance(node, _SCOPES):
                break  # what is further in has variables of its own
        for place in range(last, 0, -1):
            before, after = chain[place]
            if not (_is_value(before) and _is_value(after)):
                continue
            around = [node for node, _ in chain[:place]]
            if not self._is_steady(change.before[0], around, chain[place], envs):
                continue
            truth = _only_truth(chain[place - 1][0], before)
            if self._agree(anchor, before, after, envs, truth=truth):
                return True
        return False

    def _agree(
        self, anchor: ast.stmt, before: ast.AST, after: ast.AST, envs: list[Env], *, truth: bool
    ) -> bool:
        key = (anchor, before)
        if key not in self._values:
            self._values[key] = [self._value(before, env) for env in envs]
        for env, old in zip(envs, self._values[key], strict=True):
            if old is _UNKNOWN:
                return False
            new = self._value(after, env)
            if new is _UNKNOWN:
                return False
            alike = bool(old) == bool(new) if truth else old is new or same(old, new)
            if not alike:
                return False
        return True

    def _value(self, node: ast.AST, env: Env) -> Any:
        if not isinstance(node, ast.expr):
            return _UNKNOWN
        try:
            return Evaluator(env, builtins=self._builtins).value(node)
        except Unknown:
            return _UNKNOWN

    def _is_steady(
        self, statement: ast.stmt, around: list[ast.AST], pair: Pair, envs: list[Env]
    ) -> bool:
        """Whether nothing in the statement can have changed what the snapshots tell."""
        if not self._may_interfere(statement, around):
            return True
        for part in pair:
            for node in ast.walk(part):
                if isinstance(node, ast.Attribute):
                    return False
                if not isinstance(node, ast.Name):
                    continue
                values = [env[node.id] for env in envs if node.id in env]
                if node.id in self._rebound or any(type(v) not in IMMUTABLE for v in values):
                    return False
        return True

    def _may_interfere(self, statement: ast.stmt, around: list[ast.AST]) -> bool:
        """Whether the statement calls what may change objects, or lets others run.

        What is around the value in question is done with it only after it has been evaluated.
        """
        if statement not in self._restless:
            self._restless[statement] = [n for n in _header(statement) if self._is_restless(n)]
        return any(node not in around for node in self._restless[statement])

    def _is_restless(self, node: ast.AST) -> bool:
        if isinstance(node, ast.Call):
            return not (isinstance(node.func, ast.Name) and node.func.id in self._builtins)
        return isinstance(node, _BARRIERS)

    @cached_property
    def _builtins(self) -> frozenset[str]:
        """Those that no name of the file hides."""
        return BUILTINS - set(_bound(self._source.tree))

    @cached_property
    def _rebound(self) -> frozenset[str]:
        """Names that a function within another one, or a walrus, gives other values."""
        found: set[str] = set()
        for node in ast.walk(self._source.tree):
            if isinstance(node, ast.Nonlocal | ast.Global):
                found.update(node.names)
            if isinstance(node, ast.NamedExpr):
                found.update(n.id for n in ast.walk(node.target) if isinstance(n, ast.Name))
        return frozenset(found)


def _is_value(node: ast.AST) -> bool:
    return isinstance(node, ast.expr) and isinstance(getattr(node, "ctx", ast.Load()), ast.Load)


def _only_truth(parent: ast.AST, node: ast.AST) -> bool:
    if isinstance(parent, ast.If | ast.While | ast.IfExp | ast.Assert):
        return node is parent.test
    return isinstance(parent, ast.UnaryOp) and isinstance(parent.op, ast.Not)


def _header(statement: ast.stmt) -> Iterable[ast.AST]:
    """What a statement evaluates itself, not what is in the blocks within it."""
    waiting: list[ast.AST] = [statement]
    while waiting:
        node = waiting.pop()
        yield node
        waiting.extend(c for c in ast.iter_child_nodes(node) if not isinstance(c, _CLAUSES))


def _read(texts: Mapping[str, str]) -> Env:
    env: dict[str, Any] = {}
    for name, text in texts.items():
        try:
            # Each value is an object of its own: that two names had one object is not known.
            env[name] = ast.literal_eval(text)
        except (ValueError, SyntaxError, TypeError, MemoryError, RecursionError):
            continue
    return env


def _bound(tree: ast.AST) -> Iterable[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            yield node.name
        elif isinstance(node, ast.Name) and not isinstance(node.ctx, ast.Load):
            yield node.id
        elif isinstance(node, ast.arg):
            yield node.arg
        elif isinstance(node, ast.ExceptHandler | ast.MatchAs | ast.MatchStar) and node.name:
            yield node.name
        elif isinstance(node, ast.alias):
            yield from BUILTINS if node.name == "*" else [node.asname or node.name]
