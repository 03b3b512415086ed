"""Plan documents: what a person writes is read as written, and no value becomes code."""

import json
import subprocess
from itertools import pairwise
from typing import Any

import yaml
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st

from gatewright.domain.errors import InputError
from gatewright.domain.plan_run import StepResult
from gatewright.plans.conditions.condition import parse
from gatewright.plans.documents.checking import check
from gatewright.plans.documents.document import PlanFile
from gatewright.plans.documents.loading import loads
from gatewright.plans.documents.positions import scan
from gatewright.plans.documents.problems import PlanInvalid
from gatewright.plans.variables.bound import bind
from gatewright.plans.variables.code import kinds_of
from gatewright.plans.variables.programs import SHELLS

texts = st.text(st.characters(exclude_characters="\x00", exclude_categories=["Cs"]), max_size=30)
nasty = st.one_of(
    texts,
    st.sampled_from(
        ["$(touch x)", "`id`", "'; id; '", '"', "${Y}", "$$", "-c", "\n", "${steps.s0.stdout}"]
    ),
)
pieces = st.lists(
    st.sampled_from(
        [
            "echo ",
            "${X}",
            "${Y:-d}",
            '"${X}"',
            "'${Y:-}'",
            "$$",
            "$t ",
            "$(ls) ",
            "${x%y}",
            "\\${X}",
            "${steps.s0.stdout}",
            "${steps.s0.captures.v} ",
            "\n",
            "#",
            "$${X}",
            "${",
            "}",
            "\\",
        ]
    ),
    max_size=12,
).map("".join)
BEFORE = {"id": "s0", "command": "true", "captures": {"v": "."}}


def step_of(command: str, *args: str) -> PlanFile:
    step = {"id": "s1", "command": command, "args": args, "depends_on": ["s0"]}
    return PlanFile.model_validate({"plan_id": "p", "steps": [BEFORE, step]})


def argv(plan: PlanFile, values: dict[str, str], wrote: str) -> tuple[str, ...]:
    results = {"s0": StepResult(status="succeeded", captures={"v": wrote}, attempts=1)}
    return bind(plan, values).call(plan.steps[1], results, lambda *_: wrote).argv


@given(
    shell=st.sampled_from(sorted(SHELLS)),
    before=st.sampled_from([(), ("env", "-i"), ("timeout", "5"), ("sudo", "-u", "me"), ("nice",)]),
    option=st.sampled_from([("-c",), ("-lc",), ("-euo", "pipefail", "-c"), ("-e", "-c")]),
    code=pieces,
    values=st.tuples(nasty, nasty),
)
def test_whatever_values_hold_the_command_of_a_shell_is_the_same(
    shell, before, option, code, values
):
    one, two = values
    plan = step_of(*before, shell, *option, "${X:-}${Y:-}" + code)
    first = argv(plan, {"X": one, "Y": two}, one)
    assert first == argv(plan, {"X": "x", "Y": "y"}, "z")


@settings(max_examples=25)
@given(value=nasty, other=nasty, wrote=nasty)
def test_a_real_shell_sees_the_values_as_they_are(value, other, wrote):
    code = 'printf "%s|%s|%s" "${X}" "${Y:-}" "${steps.s0.stdout}"'
    plan = step_of("sh", "-c", code)
    results = {"s0": StepResult(status="succeeded", attempts=1)}
    call = bind(plan, {"X": value, "Y": other}).call(plan.steps[1], results, lambda *_: wrote)
    ran = subprocess.run(call.argv, env=dict(call.env), capture_output=True, check=True)
    assert ran.stdout.decode() == f"{value}|{other}|{wrote}"


@given(value=nasty, wrote=nasty, around=st.sampled_from(["", "a", " ", "-", "$$"]))
def test_in_a_word_a_value_stands_as_it_is(value, wrote, around):
    plan = step_of("echo", around + "${X}" + around, "${steps.s0.stdout}")
    plain = around.replace("$$", "$")
    assert argv(plan, {"X": value}, wrote) == ("echo", plain + value + plain, wrote)


@given(text=texts)
def test_with_its_dollars_doubled_any_text_is_itself(text):
    assert argv(step_of("echo", text.replace("$", "$$")), {}, "")[1] == text


@given(
    words=st.lists(
        st.one_of(texts, st.sampled_from(["sh", "env", "-c", "--", "python", "-S", "-m", "\x00"])),
        min_size=1,
        max_size=8,
    )
)
def test_every_word_of_any_command_is_of_some_kind(words):
    assert len(kinds_of(words)) == len(words)


@given(
    secret=st.text(st.characters(codec="ascii", exclude_characters="*\x00"), min_size=1), text=texts
)
def test_no_masked_text_holds_a_secret(secret, text):
    plan = PlanFile.model_validate(
        {"plan_id": "p", "steps": [BEFORE], "variables": {"S": {"secret": True}}}
    )
    assert secret not in bind(plan, {"S": secret}).mask(text + secret + text)


ids = st.integers(0, 7).map("s{}".format)
graphs = st.lists(st.lists(st.integers(0, 9), max_size=3, unique=True), min_size=1, max_size=9)


def reachable(before: dict[int, set[int]], start: int) -> set[int]:
    """By widening, as a reference: not how the code does it."""
    found: set[int] = set(before.get(start, ()))
    while True:
        wider = found | {two for one in found for two in before.get(one, ())}
        if wider == found:
            return found
        found = wider


@given(graph=graphs, reads=st.lists(st.tuples(st.integers(0, 8), st.integers(0, 8)), max_size=5))
def test_the_graph_is_judged_as_by_hand(graph, reads):
    count = len(graph)
    reads = [(one % count, two % count) for one, two in reads]
    steps: list[dict[str, Any]] = [
        {"id": f"s{at}", "command": "x", "depends_on": [f"s{one}" for one in before]}
        for at, before in enumerate(graph)
    ]
    for one, two in reads:
        steps[one]["args"] = [*steps[one].get("args", ()), f"${{steps.s{two}.stdout}}"]
    messages = [p.message for p in check(PlanFile.model_validate({"plan_id": "p", "steps": steps}))]
    there = {
        at: {one for one in before if one < count and one != at} for at, before in enumerate(graph)
    }
    all_before = {at: reachable(there, at) for at in there}

    told = [m.split(": ")[1].split(" -> ") for m in messages if m.startswith("steps depend")]
    tied = {at for at in there if at in all_before[at]}
    assert {int(name[1:]) for way in told for name in way} <= tied
    assert bool(told) == bool(tied)
    for way in told:
        assert way[0] == way[-1]
        assert all(int(b[1:]) in there[int(a[1:])] for a, b in pairwise(way))
    assert sum("there is no step" in m for m in messages) == sum(
        one >= count for before in graph for one in before
    )
    assert sum("depends on itself" in m for m in messages) == sum(
        at in before for at, before in enumerate(graph)
    )
    behind = {at for at in there if (all_before[at] | {at}) & tied}
    early = [(a, b) for a, b in reads if a != b and a not in behind and b not in all_before[a]]
    said = [m for m in messages if "need not be over then" in m]
    expected = {f"step 's{a}' reads 's{b}', which need not be over then" for a, b in early}
    assert expected == {m for m in said if int(m.split("'")[1][1:]) not in behind}


json_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | texts,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(texts, inner, max_size=4),
    max_leaves=20,
)


def paths_of(value: Any, keys: tuple[str | int, ...] = ()) -> list[tuple[str | int, ...]]:
    if not isinstance(value, dict | list):
        return [keys]
    pairs = value.items() if isinstance(value, dict) else enumerate(value)
    return [keys, *(path for key, one in pairs for path in paths_of(one, (*keys, key)))]


@given(value=json_values, indent=st.sampled_from([1, 4]), is_ascii=st.booleans())
def test_every_place_in_a_json_text_is_on_its_line(value, indent, is_ascii):
    paths = paths_of(value)
    text = json.dumps(value, indent=indent, ensure_ascii=is_ascii)
    found = scan(text, paths)
    # Printed like this, every place begins a line, in this order; ends stand on lines of their own.
    begins = [
        at
        for at, line in enumerate(text.split("\n"), 1)
        if line.strip() not in {"]", "],", "}", "},"}
    ]
    assert [found.lines[path] for path in paths] == begins
    assert found.twice == ()


plans = st.fixed_dictionaries(
    {"plan_id": st.just("p"), "steps": st.just([{"id": "a", "command": "x"}])},
    optional={
        "name": texts,
        "metadata": st.dictionaries(texts, json_values, max_size=3),
        "variables": st.dictionaries(
            st.sampled_from("ABC"), st.fixed_dictionaries({"default": texts})
        ),
    },
)


@given(plan=plans)
def test_a_plan_reads_the_same_from_json_and_from_yaml(plan):
    # PyYAML writes some characters that YAML's own reader refuses.
    assume(json.dumps(plan, ensure_ascii=False).isprintable())
    read = loads(json.dumps(plan))
    assert loads(yaml.safe_dump(plan, allow_unicode=True), format="yaml") == read
    assert loads(read.model_dump_json()) == read


@given(
    text=st.text() | json_values.map(json.dumps) | st.binary().map(lambda b: b.decode("latin-1"))
)
@example("- - -\n- ? :")
@example('{"steps": {"a": 1}, "variables": [], "globals": 3}')
@example("{? a: b}")
def test_any_text_is_a_plan_or_a_list_of_problems(text):
    for form in ("json", "yaml"):
        try:
            loads(text, format=form)
        except PlanInvalid as error:
            assert error.problems


@given(
    plan=plans,
    path=st.lists(
        st.sampled_from(["steps", 0, "args", "env", "id", "when", "variables", "A", "globals"]),
        max_size=4,
    ),
    value=json_values | st.dictionaries(st.sampled_from(["id", "args", "env", "x"]), json_values),
)
def test_whatever_is_wrong_in_a_plan_is_told_not_thrown(plan, path, value):
    broken: Any = json.loads(json.dumps(plan))
    place = broken
    for key in path[:-1]:
        try:
            place = place[key]
        except (KeyError, IndexError, TypeError):
            break
    if path and isinstance(place, dict) and isinstance(path[-1], str):
        place[path[-1]] = value
    try:
        loads(json.dumps(broken))
    except PlanInvalid as error:
        assert all(problem.path.startswith("$") and problem.fix for problem in error.problems)


STATUSES = ("succeeded", "failed", "skipped", "cancelled")
results_of = st.dictionaries(
    st.sampled_from("abc"),
    st.builds(
        StepResult,
        status=st.sampled_from(STATUSES),
        exit_code=st.none() | st.integers(0, 3),
        unchanged=st.booleans(),
        captures=st.dictionaries(st.just("n"), st.sampled_from(["1", "2", "x", ""])),
    ),
)
leaves = st.one_of(
    st.tuples(st.sampled_from([*STATUSES, "unchanged"]), st.sampled_from("abc")),
    st.tuples(
        st.just("code"),
        st.sampled_from("abc"),
        st.sampled_from(["==", "!=", "<", "<=", ">", ">="]),
        st.integers(0, 3),
    ),
    st.tuples(
        st.just("text"),
        st.sampled_from("abc"),
        st.sampled_from(["==", "!="]),
        st.sampled_from(["x", ""]),
    ),
)
trees = st.recursive(
    leaves,
    lambda inner: (
        st.tuples(st.just("not"), inner) | st.tuples(st.sampled_from(["and", "or"]), inner, inner)
    ),
    max_leaves=8,
)


def written(tree: Any, space: str) -> str:
    match tree:
        case ("not", one):
            return f"not{space}({written(one, space)}{space})"
        case ("and" | "or" as word, one, two):
            # Without parentheses where precedence says the same.
            left = (
                written(one, space)
                if one[0] in {*STATUSES, "code", word}
                else f"({written(one, space)})"
            )
            return f"{left} {word}{space} ({written(two, space)})"
        case ("code", step, sign, number):
            return f"exit_code({space}'{step}'){space}{sign}{number}"
        case ("text", step, sign, text):
            return f"output('{step}',{space}\"n\"){sign}'{text}'"
    return f"{tree[0]}({space}'{tree[1]}')"


def holds(tree: Any, results: dict[str, StepResult]) -> bool:
    """A second reading of the rules."""
    match tree:
        case ("not", one):
            return not holds(one, results)
        case ("and" | "or" as word, one, two):
            both = {holds(one, results), holds(two, results)}
            return both == {True} if word == "and" else True in both
        case ("code", step, sign, number):
            code = results[step].exit_code if step in results else None
            # Compared with what is no number, nothing is true but that they differ.
            code = float("nan") if code is None else code
            signs = {"==": code == number, "<": code < number}
            return {
                **signs,
                "!=": code != number,
                "<=": code <= number,
                ">": code > number,
                ">=": code >= number,
            }[sign]
        case ("text", step, sign, text):
            value = results[step].captures.get("n", "") if step in results else ""
            return (value == text) == (sign == "==")
    what, step = tree
    if step not in results:
        return False
    return results[step].unchanged if what == "unchanged" else results[step].status == what


@given(tree=trees, results=results_of, space=st.sampled_from(["", " ", "\n\t"]))
def test_a_condition_holds_as_its_words_say(tree, results, space):
    assert parse(written(tree, space)).holds(results, {}) == holds(tree, results)


@given(text=st.text(st.sampled_from("abn'\"()<>=!, 0.-_$\\") | st.characters(), max_size=40))
def test_any_text_is_a_condition_or_bad_input(text):
    try:
        found = parse(text)
    except InputError as error:
        assert error.problem.startswith("column ")
        return
    assert found.holds({}, {}) in {True, False}
