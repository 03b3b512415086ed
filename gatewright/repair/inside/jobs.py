"""The three kinds of job; see `driver.py`."""

import base64
import time
from collections import Counter, deque
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

from gatewright.repair.inside.child import Child, Times
from gatewright.repair.inside.place import Place

SLOTS = 2
"""Children at a time."""
POLL_S = 0.002

Json = dict[str, Any]


def observe(job: Json) -> Json:
    """The targets and the whole suite, traced, side by side."""
    place = Place(job["root"], job["roots"], job["seconds"])
    times = Times(job["seconds"])
    runs = [([], times)] if not job["targets"] else [(job["targets"], times), ([], times)]
    children = [
        place.observe(args, traced=True, times=limit, test_s=job["test_s"]) for args, limit in runs
    ]
    _wait(children)
    tests: dict[str, Json] = {}
    for child in reversed(children):  # the targets' own run has the last word
        tests.update(_tests(child))
    first = children[0]
    targets = list(_tests(first)) if job["targets"] else list(tests)
    end = next((r for r in first.records() if "end" in r), {})
    everything = [r for child in children for r in child.records()]
    imported = {tuple(line) for r in everything for line in r.get("imported", ())}
    failing = [name for name in targets if tests[name]["outcome"] == "failed"]
    return {
        "tests": {n: [t["outcome"], t["seconds"]] for n, t in tests.items()},
        "targets": targets,
        "failing": failing,
        "errors": {r["collect"]: r["message"] for r in everything if "collect" in r},
        "exit": end.get("end"),
        "whole": all(child.complete() for child in children),
        "tail": first.tail(),
        "seconds": [children[0].seconds, children[-1].seconds],
        "modules": end.get("modules", []) if end.get("threads") == 1 else [],
        **_spectrum(tests, failing, imported),
    }


def _tests(child: Child) -> dict[str, Json]:
    """What each test came to; one that was begun and not ended has failed."""
    tests: dict[str, Json] = {}
    for record in child.records():
        if "start" in record:
            tests[record["start"]] = {"outcome": "failed", "seconds": 0.0, "lines": []}
        if "test" in record:
            tests[record["test"]] = record
    return tests


def _spectrum(tests: dict[str, Json], failing: list[str], imported: set[Any]) -> Json:
    """How many failing and passing tests ran each line that some failing test ran.

    A line of a module or class body counts as run by the tests that ran a function of its file;
    where no failing test did, by all tests.
    """
    passing = [name for name, test in tests.items() if test["outcome"] == "passed"]
    by_failing: Counter[Any] = Counter()
    by_passing: Counter[Any] = Counter()
    files: dict[str, set[str]] = {}
    for names, counter in ((failing, by_failing), (passing, by_passing)):
        for name in names:
            lines = [tuple(line) for line in tests[name]["lines"]]
            counter.update(lines)
            for file in {file for file, _ in lines}:
                files.setdefault(file, set()).add(name)
    bad, good = set(failing), set(passing)
    for file, line in imported:
        users = files.get(file, set())
        users = users if users & bad else bad | good
        by_failing[file, line] = len(users & bad)
        by_passing[file, line] = len(users & good)
    spectrum: dict[str, dict[int, list[int]]] = {}
    for (file, line), count in by_failing.items():
        spectrum.setdefault(file, {})[line] = [count, by_passing[file, line]]
    known = set(spectrum)
    index = {name: number for number, name in enumerate(passing)}
    users_of = {f: sorted(index[n] for n in files.get(f, good) & good) for f in known}
    return {"spectrum": spectrum, "passing": passing, "users": users_of}


class Trial(NamedTuple):
    """A candidate on its way: first the failing tests, then those that passed before."""

    number: int
    change: tuple[str, bytes] | None
    keeping: bool
    child: Child


def attempt(job: Json) -> Json:
    """Run candidates in order until the time is over, or shortly after one is plausible.

    How far "shortly" goes is counted in candidates, so that the answer does not depend on speed.
    """
    place = Place(job["root"], job["roots"], job["seconds"])
    place.preload(job["preload"])
    texts = {path: base64.b64decode(data) for path, data in job["files"].items()}
    waiting = deque(enumerate(job["candidates"]))
    running: list[Trial] = []
    verdicts: dict[int, str] = {}
    stop_at = time.monotonic() + job["launch_s"]
    last = len(waiting)

    def more() -> bool:
        return bool(waiting) and waiting[0][0] <= last and time.monotonic() < stop_at

    while running or more():
        while more() and len(running) < SLOTS:
            number, edit = waiting.popleft()
            change = None if edit is None else _edited(texts, edit)
            running.append(_begin(place, job, number, change, keeping=False))
        for trial in [trial for trial in running if trial.child.ended()]:
            if trial not in running:
                continue  # another one that ended at the same time made it needless
            running.remove(trial)
            verdict = _verdict(trial)
            if verdict == "passed" and not trial.keeping and _keep(job, trial.change):
                running.append(_begin(place, job, trial.number, trial.change, keeping=True))
                continue
            verdicts[trial.number] = verdict
            if verdict == "passed" and trial.change is not None:
                last = min(last, trial.number + job["windows"][trial.number])
                _end_beyond(running, last)
        time.sleep(POLL_S)
    passed = sorted(n for n, v in verdicts.items() if v == "passed" and job["candidates"][n])
    # The likeliest answer is checked here and now, where everything is imported already.
    checked = {n: _suite(place, job, texts, job["candidates"][n]) for n in passed[:1]}
    return {"verdicts": verdicts, "checked": checked}


def _end_beyond(running: list[Trial], last: int) -> None:
    for trial in [trial for trial in running if trial.number > last]:
        trial.child.end()
        trial.child.close()
        running.remove(trial)


def _begin(place: Place, job: Json, number: int, change: Any, *, keeping: bool) -> Trial:
    must = _keep(job, change) if keeping else job["failing"]
    files = sorted({name.split("::")[0] for name in must})
    args = must if len(must) <= job["most_ids"] else files
    times = Times(*(job["keep_times"] if keeping else job["fail_times"]))
    return Trial(number, change, keeping, place.attempt(change, args, must, times))


def _keep(job: Json, change: tuple[str, bytes] | None) -> list[str]:
    """The tests that passed before and ran the changed file."""
    if change is None:
        return []
    return [job["passing"][number] for number in job["users"].get(change[0], [])]


def _verdict(trial: Trial) -> str:
    trial.child.ended()
    passed = trial.child.complete() and not trial.child.timed_out
    timed_out = trial.child.timed_out or trial.child.spent()
    trial.child.close()
    if passed:
        return "passed"
    if timed_out:
        return "timeout"
    return "broke" if trial.keeping else "failed"


def _edited(texts: dict[str, bytes], edit: list[Any]) -> tuple[str, bytes]:
    path, start, end, new = edit
    return path, texts[path][:start] + str(new).encode() + texts[path][end:]


def suite(job: Json) -> Json:
    """The targets and the whole suite once more, with one candidate written to its file."""
    texts = {path: base64.b64decode(data) for path, data in job["files"].items()}
    return _suite(Place(job["root"], job["roots"], job["seconds"]), job, texts, job["candidate"])


def _suite(place: Place, job: Json, texts: dict[str, bytes], edit: list[Any]) -> Json:
    path, data = _edited(texts, edit)
    # Here and not by the caller: what lies at this path now may be a link, made by a test.
    try:
        Path(place.root, path).write_bytes(data)
    except OSError:
        return {"tests": {}, "whole": False}
    runs = [[]] if not job["targets"] else [job["targets"], []]
    children = [
        place.observe(args, traced=False, times=Times(job["seconds"]), test_s=0) for args in runs
    ]
    _wait(children)
    Path(place.root, path).write_bytes(texts[path])
    tests: dict[str, str] = {}
    for child in reversed(children):
        tests.update({name: test["outcome"] for name, test in _tests(child).items()})
    return {"tests": tests, "whole": all(child.complete() for child in children)}


def _wait(children: list[Child]) -> None:
    while [child for child in children if not child.ended()]:  # ask each: asking enforces its time
        time.sleep(POLL_S)


KINDS: dict[str, Callable[[Json], Json]] = {"observe": observe, "try": attempt, "suite": suite}
