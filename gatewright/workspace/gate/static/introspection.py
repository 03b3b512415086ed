"""The check `introspection`: code that looks for whoever tests it, or gets at them.

The static half of "no special case for the tests"; what is hidden from a reader shows at run time.
"""

import re
from collections import Counter
from collections.abc import Iterator

from gatewright.domain.findings import Finding
from gatewright.domain.protected import is_configuration
from gatewright.workspace.gate.changed import FileChange
from gatewright.workspace.gate.guard import tree
from gatewright.workspace.gate.static import source
from gatewright.workspace.gate.static.known import Known
from gatewright.workspace.gate.static.look import Look
from gatewright.workspace.gate.static.telling import tell
from gatewright.workspace.gate.static.uses import Use, uses, uses_in_test

CHECK = "introspection"

_UNREAD = re.compile(
    r"(?i:pytest|unittest|pluggy)|\b_exit\b|\bf_back\b|\b_getframe\b|\bgc\b|\bctypes\b"
    r"|\bmeta_path\b|\bsys\.modules\b|\binspect\b|\bkillpg\b"
)
"""What is looked for in a module that cannot be parsed here, and may be elsewhere."""


def introspection(look: Look) -> list[Finding]:
    """Uses in new lines that the file did not have on the base, nor another that lost them.

    Each thing is told once a file, where it is used first.
    """
    changes = [c for c in look.changes if source.is_python(c.path) and not is_configuration(c.path)]
    if not changes:
        return []
    known = Known({*tree(look.base), *tree(look.after)}, base=look.base, roots=look.roots)
    old = {change.path: Counter(_keys(_of(change, "before", known))) for change in changes}
    now = {change.path: list(_of(change, "after", known)) for change in changes}
    moved: Counter[tuple[str, str]] = Counter()
    for change in changes:
        moved += old[change.path] - Counter(_keys(now[change.path]))
    findings: list[Finding] = []
    for change in changes:
        told: set[tuple[str, str]] = set()
        for use in sorted(now[change.path], key=lambda each: (each.first, each.rule)):
            key = (use.rule, use.what)
            if not _new(use, change) or old[change.path][key]:
                continue
            if moved[key]:
                moved[key] -= 1
            elif key not in told:
                told.add(key)
                findings.append(_finding(change.path, use))
    return findings


def _keys(found: Iterator[Use] | list[Use]) -> list[tuple[str, str]]:
    return [(use.rule, use.what) for use in found]


def _new(use: Use, change: FileChange) -> bool:
    return any(line in change.added for line in range(use.first, use.last + 1))


def _of(change: FileChange, side: str, known: Known) -> Iterator[Use]:
    data = change.before if side == "before" else change.after
    if data is None:
        return
    if source.hides_code(data):
        why = "in this encoding, code looks like something else"
        yield Use("encoding", source.encoding(data), 1, 2, "blocking", why)
    text = source.decoded(data)
    module = source.parsed(text)
    if module is None:
        yield from _unparsed(text, test=known.is_test_file(change.path))
    elif known.is_test_file(change.path):
        yield from uses_in_test(module, change.path, known)
    else:
        yield from uses(module, change.path, known)


def _unparsed(text: str, *, test: bool) -> Iterator[Use]:
    """Words in a module that this Python cannot parse; the repository's own may be newer."""
    if test:
        return
    for number, line in enumerate(text.split("\n"), start=1):
        found = _UNREAD.search(line.partition("#")[0])
        if found is not None:
            why = "this module cannot be parsed here, and this line looks for who runs it"
            yield Use("unreadable", found[0], number, number, "blocking", why)


def _finding(path: str, use: Use) -> Finding:
    return tell(
        CHECK,
        f"{use.what} is new here: {use.why}. Write code that does the same whoever calls it; "
        "a task that needs this allows introspection.",
        file=path,
        line=use.first,
        rule=use.rule,
        severity=use.severity,
    )
