"""The kinds of job; see `driver.py`."""

import base64
import contextlib
from collections.abc import Callable
from pathlib import Path

from gatewright.repair.inside.child import wait
from gatewright.repair.inside.compare import compare
from gatewright.repair.inside.errands import Json, edited
from gatewright.repair.inside.observing import observe
from gatewright.repair.inside.place import Place
from gatewright.repair.inside.spectrum import records
from gatewright.repair.inside.trials import attempt


def suite(job: Json) -> Json:
    """The targets and the whole suite once more, with a patch written to its files."""
    place = Place(job["root"], job["roots"], job["seconds"])
    texts = {path: base64.b64decode(data) for path, data in job["files"].items()}
    # Here and not by the caller: what lies at this path now may be a link, made by a test.
    try:
        for path, data in edited(texts, job["patch"]).items():
            Path(place.root, path).write_bytes(data)
        return _suite(place, job)
    except OSError:
        return {"tests": {}, "whole": False}
    finally:
        for path, data in texts.items():
            with contextlib.suppress(OSError):
                Path(place.root, path).write_bytes(data)


def _suite(place: Place, job: Json) -> Json:
    runs = [[]] if not job["targets"] else [job["targets"], []]
    children = [place.observe(args, traced=False, wall_s=job["seconds"], test_s=0) for args in runs]
    wait(children)
    tests: dict[str, str] = {}
    for child in reversed(children):
        tests.update({name: test["outcome"] for name, test in records(child).items()})
    return {"tests": tests, "whole": all(child.complete() for child in children)}


KINDS: dict[str, Callable[[Json], Json]] = {
    "observe": observe,
    "try": attempt,
    "suite": suite,
    "compare": compare,
}
