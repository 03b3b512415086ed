"""What patches do on inputs, asked of the sandbox."""

import base64
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from gatewright.repair.answers import Answer
from gatewright.repair.inputs import Invocation
from gatewright.repair.inquiry import Driver, NoAnswer, checked
from gatewright.repair.patch import Patch

CALL_S = 0.1
"""For one call."""
PATCH_S = 1.5
"""For all calls of one patch."""
MOST_S = 10.0
"""For all patches."""


class Behaviours(Answer):
    """By patch and input, what came of it; None where it was not reached."""

    behaviours: list[list[str | None]]


@dataclass(frozen=True, kw_only=True)
class Table:
    """Inputs, what the code as it is does on them, and what each patch does."""

    inputs: Sequence[Invocation]
    before: Sequence[str | None]
    after: Sequence[Sequence[str | None]]
    """In the order of the patches."""


async def tabulate(
    driver: Driver, patches: Sequence[Patch], files: Mapping[str, bytes], inputs: list[Invocation]
) -> Table:
    """Ask for the behaviours of patches; an empty table where there are no inputs or no answer."""
    nothing = Table(inputs=(), before=(), after=[()] * len(patches))
    seconds = min(MOST_S, driver.left_s() / 2)
    if not inputs or not patches or seconds <= 0:
        return nothing
    variants = [{}, *(patch.applied(files) for patch in patches)]
    job = {
        "kind": "compare",
        "variants": [_packed(variant) for variant in variants],
        "calls": [(each.path, each.name, each.args, each.kwargs) for each in inputs],
        "call_s": CALL_S,
        "variant_s": PATCH_S,
        "compare_s": seconds,
    }
    try:
        rows = checked(Behaviours, await driver.ask(job)).behaviours
    except NoAnswer:
        return nothing
    if len(rows) != len(variants) or any(len(row) != len(inputs) for row in rows):
        return nothing
    return Table(inputs=inputs, before=rows[0], after=rows[1:])


def _packed(files: Mapping[str, bytes]) -> dict[str, str]:
    return {path: base64.b64encode(data).decode() for path, data in files.items()}
