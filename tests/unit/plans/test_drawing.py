import json
import re
import time
import xml.etree.ElementTree as ET

import pytest

from gatewright.domain.plan_run import StepResult
from gatewright.plans.documents.document import PlanFile
from gatewright.plans.pictures.drawing import dot, mermaid, svg

NS = "{http://www.w3.org/2000/svg}"


def plan_of(*steps: dict) -> PlanFile:
    made = [{"id": f"s{number}", "command": "true", **step} for number, step in enumerate(steps)]
    return PlanFile.model_validate({"plan_id": "p", "steps": made})


def after(*names: str, **rest) -> dict:
    return {"depends_on": list(names), **rest}


DIAMOND = plan_of({}, after("s0"), after("s0"), after("s1", "s2", when="always"))
RESULTS = {
    "s0": StepResult(status="succeeded", duration_s=0.31),
    "s1": StepResult(status="failed", duration_s=75.0),
    "s2": "running",
}
EVIL = '"]; click x "javascript:alert(1)" <script>&#x22;</script> end'


def test_mermaid():
    drawn = mermaid(DIAMOND, RESULTS).splitlines()
    assert drawn[:9] == [
        "flowchart LR",
        '    s0["s0<br/>succeeded, 0.3 s"]:::succeeded',
        '    s1["s1<br/>failed, 1 min 15 s"]:::failed',
        '    s2["s2<br/>running"]:::running',
        '    s3["s3 #40;always#41;"]:::pending',
        "    s0 --> s1",
        "    s0 --> s2",
        "    s1 -.-> s3",
        "    s2 -.-> s3",
    ]
    assert all(line.startswith("    classDef ") for line in drawn[9:])


def test_a_name_is_no_mermaid():
    label = mermaid(plan_of({"name": EVIL})).splitlines()[1]
    assert re.fullmatch(r'    s0\["[\w .,:+/#;-]+"\]:::pending', label)


def test_dot():
    assert dot(plan_of({"name": 'say "hi"\\\n'}, after("s0", when="failure"))) == (
        'digraph "p" {\n    rankdir=LR;\n    node [shape=box];\n'
        '    s0 [label="say \\"hi\\"\\\\"];\n    s1 [label="s1 (failure)"];\n'
        "    s0 -> s1 [style=dashed];\n}\n"
    )


def boxes(picture: str) -> dict[str, tuple[float, float, float, float]]:
    """x, y, width, height of each step by its title."""
    found = {}
    for group in ET.fromstring(picture).iter(f"{NS}g"):
        title, rect = group.find(f"{NS}title"), group.find(f"{NS}rect")
        found[title.text] = tuple(float(rect.get(k)) for k in ("x", "y", "width", "height"))
    return found


def test_svg_tells_names_states_and_durations():
    assert list(boxes(svg(DIAMOND, RESULTS))) == [
        "s0: succeeded, 0.3 s",
        "s1: failed, 1 min 15 s",
        "s2: running",
        "s3",
    ]


def test_svg_counts_the_states_of_a_run():
    texts = [text.text for text in ET.fromstring(svg(DIAMOND, RESULTS)).iter(f"{NS}text")]
    assert texts[-4:] == ["1 pending", "1 running", "1 succeeded", "1 failed"]


def test_an_unchanged_step_is_told_from_one_that_ran():
    drawn = svg(plan_of({}), {"s0": StepResult(status="succeeded", unchanged=True)})
    assert list(boxes(drawn)) == ["s0: unchanged"]


def test_a_name_is_no_markup():
    drawn = svg(plan_of({"name": EVIL + "\x00\x1b\ud800"}))
    (title,) = boxes(drawn)
    assert title == f"{EVIL}��� [s0]"
    assert "<script" not in drawn


def test_a_step_stands_right_of_those_before_it():
    places = boxes(svg(DIAMOND))
    assert places["s0"][0] < places["s1"][0] == places["s2"][0] < places["s3"][0]


FIFTY = plan_of(
    *[after(*{f"s{at * 7 % max(at, 1)}", f"s{at // 2}"} - {f"s{at}"}) for at in range(50)]
)


def test_fifty_steps_do_not_overlap():
    places = list(boxes(svg(FIFTY)).values())
    assert len(places) == 50
    for number, (x, y, width, height) in enumerate(places):
        for other_x, other_y, *_ in places[:number]:
            assert abs(x - other_x) >= width or abs(y - other_y) >= height


def flat_parts(path: str) -> list[tuple[float, float, float]]:
    """From x, to x, y of the straight parts of a line."""
    parts, x = [], 0.0
    for kind, numbers in re.findall("([MLC])([^MLC]*)", path):
        *_, to_x, y = map(float, numbers.split())
        if kind == "L":
            parts.append((x, to_x, y))
        x = to_x
    return parts


def test_no_line_runs_through_a_step():
    """Beside steps lines are straight; they bend between the columns, where nothing stands."""
    drawn = svg(FIFTY)
    lines = [path.get("d") for path in ET.fromstring(drawn).iter(f"{NS}path")][1:]
    flat = [part for line in lines for part in flat_parts(line)]
    assert len(flat) > 50
    for x, y, width, height in boxes(drawn).values():
        for start, end, at in flat:
            assert end <= x or start >= x + width or not y < at < y + height


def test_everything_lies_in_the_picture():
    root = ET.fromstring(svg(FIFTY))
    wide, tall = float(root.get("width")), float(root.get("height"))
    for x, y, width, height in boxes(svg(FIFTY)).values():
        assert x >= 0 and y >= 0 and x + width <= wide and y + height <= tall


@pytest.mark.parametrize("plan", [plan_of(), plan_of(after("s1"), after("s0"), after("none"))])
def test_even_a_plan_that_cannot_run_is_drawn(plan):
    assert len(boxes(svg(plan))) == len(plan.steps)
    assert mermaid(plan).startswith("flowchart")


@pytest.mark.parametrize("shape", ["wide", "chain", "dense"])
def test_ten_thousand_steps_make_a_picture_that_opens(shape):
    before = {
        "wide": lambda at: [],
        "chain": lambda at: [f"s{at - 1}"] if at else [],
        "dense": lambda at: [f"s{at - back}" for back in range(1, 11) if at >= back],
    }[shape]
    plan = plan_of(*[after(*before(at)) for at in range(10_000)])
    started = time.process_time()
    drawn = svg(plan, {"s5": "failed"})
    assert time.process_time() - started < 3
    assert len(drawn) < 2_000_000
    assert len(list(ET.fromstring(drawn).iter(f"{NS}rect"))) > 10_000


def test_three_hundred_steps_are_still_a_graph():
    plan = plan_of(*[after(f"s{at - 20}") if at >= 20 else {} for at in range(300)])
    assert len(boxes(svg(plan))) == 300


def test_the_same_plan_makes_the_same_picture():
    again = PlanFile.model_validate(json.loads(DIAMOND.model_dump_json()))
    assert svg(again, RESULTS) == svg(DIAMOND, RESULTS)
