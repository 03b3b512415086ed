"""Missing statements: calls, assignments and steps like those that the function has already."""

import ast
from collections.abc import Iterator
from functools import lru_cache
from typing import NamedTuple

from gatewright.repair.bodies import FUNCTIONS, Body, Donor
from gatewright.repair.edits import Edit, insert_after, insert_before
from gatewright.repair.kinds import ANY, DICT, HASHABLE, LIST, NUMBER, SET
from gatewright.repair.scopes import NEVER, known
from gatewright.repair.source import Source

CALL = 0.32
ASSIGN = 0.2
COUNT = 0.25
AGAIN = 0.22
"""A statement that the function has elsewhere."""
EXIT = 0.3
RETURN = 0.75
"""At the end of a function that returns nothing there."""
RETURN_EARLY = 0.15
STALE = 2.2
"""Of what is set before a loop, read in it and never changed."""
MOST_CALLS = 24
MOST_ASSIGNS = 24
SIMPLE = (ast.Expr, ast.Assign, ast.AugAssign)
LOOPS = (ast.For, ast.While, ast.AsyncFor)
GROWS = ("append", "add", "extend", "update", "push", "put", "insert", "appendleft")
LEAVES = (ast.Return, ast.Break, ast.Continue, ast.Raise)


class Gap(NamedTuple):
    """A place for a statement."""

    node: ast.stmt
    after: bool
    at: int
    names: list[str]
    loop: ast.AST | None


class Facts(NamedTuple):
    """What a function's statements do to its names."""

    written: dict[str, list[ast.stmt]]
    """Statements that assign a name, add to it, or change what it holds."""
    calls: list[ast.Call]
    """Calls of methods that stand as statements."""
    simple: list[ast.stmt]


def inserted(source: Source, node: ast.AST) -> Iterator[Edit]:
    """A statement after this one, and before it if it is the first of its block."""
    if not isinstance(node, ast.stmt) or isinstance(node, ast.Import | ast.ImportFrom):
        return
    for gap in _gaps(source, node):
        body = known(source).body(node)
        seen: dict[str, float] = {}
        for text, prior in _statements(source, gap, body):
            if seen.get(text, 0.0) < prior:
                seen[text] = prior
        ranked = sorted(seen.items(), key=lambda pair: -pair[1])
        for text, prior in ranked[: MOST_CALLS + MOST_ASSIGNS]:
            if _is_beside(source, gap, text):
                continue
            put = insert_after if gap.after else insert_before
            edit = put(source, node, text, min(1.0, prior))
            if edit is not None:
                yield edit


def _gaps(source: Source, node: ast.stmt) -> Iterator[Gap]:
    scopes = known(source)
    body = scopes.body(node)
    parent = source.parents.get(node)
    function = next((up for up in source.ancestors(node) if isinstance(up, FUNCTIONS)), None)
    if function is None or _is_text(node):
        return
    loop = next((up for up in source.ancestors(node) if isinstance(up, (*LOOPS, *FUNCTIONS))), None)
    loop = loop if isinstance(loop, LOOPS) else None
    span = source.span(node)
    if not isinstance(node, LEAVES):
        names = body.nearest(scopes.names(node, span.end), node.lineno)
        yield Gap(node, True, span.end, names, loop)
    first = getattr(parent, "body", [None])[0] is node or getattr(parent, "orelse", None) == [node]
    if first or isinstance(node, LEAVES):
        names = body.nearest(scopes.names(node, span.start), node.lineno)
        yield Gap(node, False, span.start, names, loop)


def _statements(source: Source, gap: Gap, body: Body) -> Iterator[tuple[str, float]]:
    facts = _facts(body)
    yield from _calls(source, gap, body, facts)
    yield from _assignments(source, gap, body, facts)
    yield from _counts(gap, body, facts)
    yield from _again(source, gap, facts)
    yield from _exits(source, gap, body)


def _calls(source: Source, gap: Gap, body: Body, facts: Facts) -> Iterator[tuple[str, float]]:
    """`seen.add(node)`, `out.append(word)`."""
    values = _values(source, gap, body, facts)
    scored: list[tuple[str, float]] = []
    for (base, method), worth in _methods(source, gap, body, facts).items():
        root = base.partition(".")[0].partition("[")[0]
        if root not in gap.names or (method not in GROWS and base not in body.kinds):
            continue
        grown = any(isinstance(node, ast.Expr) for node in facts.written.get(root, ()))
        boost = (1.0 if grown else STALE) * _flushes(source, gap, facts, root)
        for value, close in values.items():
            kind = body.kinds.get(value, ANY)
            if value == base or (method == "add" and not kind & HASHABLE):
                continue
            whole = method == "append" and kind & ~(LIST | DICT | SET) == 0
            suits = close * (0.5 if whole else 1.0)
            scored.append((f"{base}.{method}({value})", CALL * worth * suits * boost))
    scored.sort(key=lambda pair: -pair[1])
    yield from scored[:MOST_CALLS]
    yield from ((text, CALL * 0.5) for text in _varied(source, gap, facts))


def _methods(source: Source, gap: Gap, body: Body, facts: Facts) -> dict[tuple[str, str], float]:
    """Objects and methods that such a call may be of."""
    found: dict[tuple[str, str], float] = {}
    for call in facts.calls:
        func = call.func
        if isinstance(func, ast.Attribute):
            found[source.text(func.value), func.attr] = 1.0
    for name in gap.names:
        method = {SET: "add", LIST: "append"}.get(body.kinds.get(name, ANY))
        if method is not None:
            found.setdefault((name, method), 0.9)
    return found


def _values(source: Source, gap: Gap, body: Body, facts: Facts) -> dict[str, float]:
    """What such a call may hand over."""
    found: dict[str, float] = {}
    for call in facts.calls:
        for argument in call.args[:1]:
            if known(source).visible(_read(argument), gap.node, gap.at):
                found[source.text(argument)] = 0.9
    for name in gap.names:
        if name not in NEVER:
            found.setdefault(name, 1.0 if _is_target(gap.loop, name) else 0.75)
    for donor in body.near(gap.node.lineno):
        if donor.size > 4 or not known(source).visible(donor.names, gap.node, gap.at):
            continue
        if _is_asked_for(source, donor.node):
            found[donor.text] = 1.2
        elif isinstance(donor.node, ast.Subscript | ast.Attribute | ast.Tuple):
            found.setdefault(donor.text, 0.5)
    return found


def _is_asked_for(source: Source, node: ast.expr) -> bool:
    """Whether it is the `x` of `x in seen`."""
    parent = source.parents.get(node)
    if not isinstance(parent, ast.Compare) or node is not parent.left:
        return False
    return isinstance(parent.ops[0], ast.In | ast.NotIn)


def _varied(source: Source, gap: Gap, facts: Facts) -> Iterator[str]:
    """Calls that stand in the function with one name of a tuple or list replaced."""
    for call in facts.calls:
        parts = getattr(call.args[0], "elts", [])
        start = source.span(call).start
        whole = source.text(call)
        if "\n" in whole or not known(source).visible(_read(call), gap.node, gap.at):
            continue
        for part in parts:
            span = source.span(part)
            head, tail = whole.encode()[: span.start - start], whole.encode()[span.end - start :]
            for name in gap.names:
                if isinstance(part, ast.Name) and name not in (part.id, *NEVER):
                    yield f"{head.decode()}{name}{tail.decode()}"


def _flushes(source: Source, gap: Gap, facts: Facts, root: str) -> float:
    """More for what a loop collects, right behind the loop: its last part is often forgotten."""
    if not gap.after or not isinstance(gap.node, LOOPS):
        return 1.0
    written = facts.written.get(root, ())
    return 1.7 if any(gap.node in source.ancestors(node) for node in written) else 1.0


def _assignments(source: Source, gap: Gap, body: Body, facts: Facts) -> Iterator[tuple[str, float]]:
    """`previous = current`, `node = node.next`."""
    scored: list[tuple[str, float]] = []
    for target in gap.names:
        if target in NEVER or (target not in facts.written and gap.loop is None):
            continue
        kind = body.kinds.get(target, ANY)
        stale = STALE if _is_stale(source, gap, facts, target) else 1.0
        if target not in facts.written:
            stale *= 0.5
        if _is_target(gap.loop, target):
            stale *= 0.3
        for value in gap.names:
            other = body.kinds.get(value, ANY)
            if value == target or value in NEVER or not other & kind:
                continue
            close = 1.0 if value in facts.written or value in body.parameters else 0.8
            scored.append((f"{target} = {value}", ASSIGN * stale * close))
        for donor in body.near(gap.node.lineno):
            if not isinstance(donor.node, ast.Attribute | ast.Subscript | ast.BinOp | ast.Call):
                continue
            if donor.size > 5 or not donor.kind & kind:
                continue
            if known(source).visible(donor.names, gap.node, gap.at):
                own = 1.0 if target in donor.names else 0.5
                scored.append((f"{target} = {donor.text}", ASSIGN * stale * own * 0.7))
    scored.sort(key=lambda pair: -pair[1])
    yield from scored[:MOST_ASSIGNS]


def _counts(gap: Gap, body: Body, facts: Facts) -> Iterator[tuple[str, float]]:
    """`n += 1`, `n -= 1`."""
    for name in gap.names:
        if body.kinds.get(name, ANY) != NUMBER or _is_target(gap.loop, name):
            continue
        changes = facts.written.get(name, [])
        still = len(changes) <= 1 and gap.loop is not None
        prior = COUNT * (2.0 if still and changes else 1.0)
        yield f"{name} += 1", prior
        yield f"{name} -= 1", prior * 0.7


def _again(source: Source, gap: Gap, facts: Facts) -> Iterator[tuple[str, float]]:
    for node in facts.simple:
        text = source.text(node)
        if "\n" in text or node is gap.node:
            continue
        if known(source).visible(_read(node), gap.node, gap.at):
            prior = AGAIN * (1.0 if isinstance(node, ast.Expr) else 0.7)
            in_loop = isinstance(gap.node, LOOPS) and gap.node in source.ancestors(node)
            yield text, prior * (1.6 if in_loop and gap.after else 1.0)


def _exits(source: Source, gap: Gap, body: Body) -> Iterator[tuple[str, float]]:
    parent = source.parents.get(gap.node)
    block = next(
        (b for n in ("body", "orelse") if gap.node in (b := getattr(parent, n, None) or [])), []
    )
    ends = gap.after and bool(block) and block[-1] is gap.node
    if ends and gap.loop is not None and isinstance(parent, ast.If):
        yield "break", EXIT
        yield "continue", EXIT
    if not ends:
        return
    last = isinstance(parent, FUNCTIONS)
    returns = any(isinstance(n, ast.Return) and n.value is not None for n in body.nodes)
    for name in gap.names:
        if name in NEVER:
            continue
        if last:
            prior = RETURN if not returns or not isinstance(gap.node, ast.Return) else RETURN / 2
            yield f"return {name}", prior * (1.2 if name not in body.parameters else 0.8)
        else:
            yield f"return {name}", RETURN_EARLY
    if last:
        for text in ("False", "True", "None", "0", "[]", "-1"):
            yield f"return {text}", RETURN * 0.5
        fitting = (donor for donor in body.returned if _fits(source, donor, gap))
        yield from ((f"return {donor.text}", RETURN * 0.4) for donor in fitting)
    elif isinstance(parent, ast.If):
        yield "return", RETURN_EARLY / 2
        yield from ((f"return {text}", RETURN_EARLY) for text in ("True", "False", "None"))


def _fits(source: Source, donor: Donor, gap: Gap) -> bool:
    return known(source).visible(donor.names, gap.node, gap.at)


def _is_stale(source: Source, gap: Gap, facts: Facts, name: str) -> bool:
    """Whether a name is set before the loop, read in it, and never set in it."""
    if gap.loop is None or name not in facts.written:
        return False
    if any(gap.loop in source.ancestors(node) for node in facts.written[name]):
        return False
    reads = (
        part
        for part in ast.walk(gap.loop)
        if isinstance(part, ast.Name) and part.id == name and isinstance(part.ctx, ast.Load)
    )
    return next(reads, None) is not None


def _is_target(loop: ast.AST | None, name: str) -> bool:
    target = getattr(loop, "target", None)
    return target is not None and any(
        isinstance(part, ast.Name) and part.id == name for part in ast.walk(target)
    )


def _is_beside(source: Source, gap: Gap, text: str) -> bool:
    """Whether the same statement stands there already."""
    parent = source.parents.get(gap.node)
    for name in ("body", "orelse", "finalbody"):
        block = getattr(parent, name, None)
        if isinstance(block, list) and gap.node in block:
            place = block.index(gap.node) + (1 if gap.after else 0)
            return any(source.text(near) == text for near in block[max(0, place - 1) : place + 1])
    return False


@lru_cache(maxsize=4096)
def _read(node: ast.AST) -> frozenset[str]:
    return frozenset(
        part.id
        for part in ast.walk(node)
        if isinstance(part, ast.Name) and isinstance(part.ctx, ast.Load)
    )


@lru_cache(maxsize=256)
def _facts(body: Body) -> Facts:
    written: dict[str, list[ast.stmt]] = {}
    calls: list[ast.Call] = []
    simple: list[ast.stmt] = []
    for node in body.statements:
        if isinstance(node, SIMPLE) and not _is_text(node):
            simple.append(node)
        for name in _changed(node):
            written.setdefault(name, []).append(node)
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Call):
            func = node.value.func
            if isinstance(func, ast.Attribute) and len(node.value.args) == 1:
                calls.append(node.value)
    return Facts(written, calls, simple)


def _changed(node: ast.stmt) -> Iterator[str]:
    targets: list[ast.expr] = list(getattr(node, "targets", []))
    if isinstance(node, ast.AugAssign | ast.AnnAssign | ast.For | ast.AsyncFor):
        targets.append(node.target)
    func = getattr(getattr(node, "value", None), "func", None)
    if isinstance(node, ast.Expr) and isinstance(func, ast.Attribute):
        targets.append(func.value)
    for target in targets:
        for part in ast.walk(target):
            if isinstance(part, ast.Name):
                yield part.id


def _is_text(node: ast.stmt) -> bool:
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
