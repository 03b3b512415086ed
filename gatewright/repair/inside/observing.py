"""The job `observe`: what the tests come to and which lines they run, before anything changes."""

from collections.abc import Iterable

from gatewright.repair.inside.child import Child, wait
from gatewright.repair.inside.errands import Json
from gatewright.repair.inside.place import Place
from gatewright.repair.inside.sampling import MANY_TESTS, sample, written_tests
from gatewright.repair.inside.snapshots import merged
from gatewright.repair.inside.spectrum import records, spectrum

SUITE_SHARE = 0.35
"""Of the time, for the whole suite or its sample where the targets are named."""
SLOW_SHARE = 0.1
MOST_NAMED = 200
"""Of tests on pytest's command line; beyond, whole files are named."""
HUNG = 0.9
"""Of the time for a test: one that took longer was ended for it."""


def observe(job: Json) -> Json:
    """The targets and the whole suite, traced, side by side; of a very large suite a sample."""
    place = Place(job["root"], job["roots"], job["seconds"])
    written = written_tests(place.root)
    if sum(written.values()) <= MANY_TESTS:
        first, others, sampled = *_plain(place, job), False
    elif job["targets"]:
        first, others = _sampled(place, job, job["targets"], sample(written, job["targets"]))
        sampled = True
    else:
        return _large(place, job, written)
    return _report(place, job, first, others, sampled=sampled)


def _plain(place: Place, job: Json) -> tuple[Child, list[Child]]:
    if not job["targets"]:
        child = _traced(place, job, [], job["seconds"])
        wait([child])
        return child, []
    return _sampled(place, job, job["targets"], [])


def _sampled(
    place: Place, job: Json, targets: list[str], others: list[str]
) -> tuple[Child, list[Child]]:
    share = max(2 * job["test_s"], SUITE_SHARE * job["seconds"])
    first = _traced(place, job, targets, job["seconds"])
    second = _traced(place, job, others, share)
    wait([first, second])
    return first, [second]


def _traced(place: Place, job: Json, args: list[str], seconds: float) -> Child:
    return place.observe(args, traced=True, wall_s=seconds, test_s=job["test_s"])


def _large(place: Place, job: Json, written: dict[str, int]) -> Json:
    """Everything untraced first, then what fails and a sample of the rest."""
    seconds = SUITE_SHARE * job["seconds"]
    plain = place.observe([], traced=False, wall_s=seconds, test_s=job["test_s"])
    wait([plain])
    bad = [name for name, test in records(plain).items() if test["outcome"] == "failed"]
    if not bad:
        return _report(place, job, plain, [], sampled=not plain.complete())
    targets = bad if len(bad) <= MOST_NAMED else sorted({n.partition("::")[0] for n in bad})
    first, others = _sampled(place, job, targets, sample(written, bad))
    return _report(place, job, first, [*others, plain], sampled=True, asked=bad)


def _report(
    place: Place,
    job: Json,
    first: Child,
    others: Iterable[Child],
    *,
    sampled: bool,
    asked: Iterable[str] = (),
) -> Json:
    children = [first, *others]
    tests: dict[str, Json] = {}
    for child in reversed(children):  # the targets' own run has the last word
        tests.update(records(child))
    _run_slow_ones_again(place, job, tests)
    targets = list(records(first)) if job["targets"] else list(asked) or list(tests)
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
        "whole": not sampled and all(child.complete() for child in children),
        "sampled": sampled,
        "tail": first.tail(),
        "seconds": [children[0].seconds, children[-1].seconds],
        "modules": end.get("modules", []) if end.get("threads") == 1 else [],
        **spectrum(tests, failing, imported),
        **merged(tests, failing),
    }


def _run_slow_ones_again(place: Place, job: Json, tests: dict[str, Json]) -> None:
    """Tracing slows tests down: one that was ended for its time may pass when it is not traced."""
    slow = [
        name
        for name, test in tests.items()
        if test["outcome"] == "failed" and test["seconds"] > HUNG * job["test_s"]
    ]
    if not slow or len(slow) > MOST_NAMED:
        return
    limit = max(job["test_s"], SLOW_SHARE * job["seconds"])
    child = place.observe(slow, traced=False, wall_s=limit, test_s=job["test_s"] / 2)
    wait([child])
    for name, test in records(child).items():
        if name in tests and test["outcome"] == "passed":
            tests[name] = {**tests[name], "outcome": "passed", "seconds": test["seconds"]}
