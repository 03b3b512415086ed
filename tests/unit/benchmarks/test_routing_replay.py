"""The replay: the same for everyone, honest about what it shares, and it runs the real router."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from benchmarks.replay import production, recorded, tuning
from benchmarks.replay.bench import measure
from benchmarks.replay.late import Late
from benchmarks.replay.measured import Options
from benchmarks.replay.peers import BASE, POLICIES, Known, known
from benchmarks.replay.recorded import Malformed, Run, Task
from benchmarks.replay.scoring import Score, score
from benchmarks.replay.stream import Drift, Gate, Stream
from benchmarks.replay.synthetic import POOLS, synthetic

ROOT = Path(__file__).parents[3]
HEAD = "task_id,area,risk,model,passed,cost_usd\n"
PRICES = Known(usd={"cheap": 1.0, "dear": 10.0}, best="dear", cheapest="cheap")


def task(name: str, *, cheap: bool, dear: bool) -> Task:
    return Task(name, "a", "medium", {"cheap": Run(cheap, 1.0), "dear": Run(dear, 10.0)})


def stream(*tasks: Task, length: int = 40, gate: Gate | None = None) -> Stream:
    return Stream(tasks, seed="s", length=length, gate=gate or Gate())


EASY = task("easy", cheap=True, dear=True)
HARD = task("hard", cheap=False, dear=True)
HOPELESS = task("hopeless", cheap=False, dear=False)


def write(folder: Path, *rows: str) -> Path:
    path = folder / "outcomes.csv"
    path.write_text(HEAD + "".join(f"{row}\n" for row in rows))
    return path


def test_a_file_is_read_task_by_task(tmp_path: Path) -> None:
    path = write(tmp_path, "1,a,high,x,1,0.5", "1,a,high,y,0,2", "2,b,odd,y,1,3", "2,b,odd,x,0,1")
    assert recorded.read(path) == (
        Task("1", "a", "high", {"x": Run(True, 0.5), "y": Run(False, 2.0)}),
        Task("2", "b", "medium", {"x": Run(False, 1.0), "y": Run(True, 3.0)}),
    )


@pytest.mark.parametrize(
    ("rows", "words"),
    [
        (["1,a,low,x,1,0.5", "2,a,low,y,1,0.5"], "has no row of"),
        (["1,a,low,x,perhaps,0.5"], "line 2: passed is 'perhaps'"),
        (["1,a,low,x,1,0.5"], "holds 1 task"),
    ],
)
def test_a_file_that_cannot_be_replayed_is_refused(
    tmp_path: Path, rows: list[str], words: str
) -> None:
    with pytest.raises(Malformed, match=words):
        recorded.read(write(tmp_path, *rows))


def test_a_file_without_the_columns_is_refused(tmp_path: Path) -> None:
    (tmp_path / "other.csv").write_text("task_id,model\n1,x\n")
    with pytest.raises(Malformed, match=r"lacks the columns \['area'"):
        recorded.read(tmp_path / "other.csv")


@pytest.mark.parametrize("split", ["matched", "hash"])
def test_halves_are_disjoint_alike_and_the_same_in_any_order(split: recorded.Split) -> None:
    tasks = synthetic("swe")
    found = recorded.halves(tasks, split=split)
    assert {one.id for one in found.dev}.isdisjoint(one.id for one in found.test)
    assert (len(found.dev), len(found.test)) == (250, 250)
    assert recorded.halves(tasks[::-1], split=split) == found


def test_matched_halves_are_as_easy_for_every_model() -> None:
    found = recorded.halves(synthetic("swe"))
    for model in recorded.models(found.dev):
        assert abs(recorded.rate(found.dev, model) - recorded.rate(found.test, model)) < 0.02


def test_a_stream_is_the_same_for_everyone_and_another_for_another_seed() -> None:
    tasks = synthetic("swe")
    one, same = (Stream(tasks, seed="1", length=50, gate=Gate(0.3, 0.3)) for _ in range(2))
    names = one.models
    forwards = [one.attempt(place, model) for place in range(50) for model in names]
    backwards = [same.attempt(p, model) for p in reversed(range(50)) for model in reversed(names)]
    assert forwards == backwards[::-1]
    assert Stream(tasks, seed="2", length=50).tasks != one.tasks


@pytest.mark.parametrize(
    ("gate", "shares"), [(Gate(0.2, 0.0), (1.0, 0.2)), (Gate(0.0, 0.1), (0.9, 0))]
)
def test_the_gate_errs_as_often_as_it_is_told(gate: Gate, shares: tuple[float, float]) -> None:
    tasks = stream(EASY, HOPELESS, length=8000, gate=gate)
    found = [tasks.attempt(place, "cheap") for place in range(8000)]
    good = [attempt.accepted for attempt in found if attempt.good]
    bad = [attempt.accepted for attempt in found if not attempt.good]
    assert sum(good) / len(good) == pytest.approx(shares[0], abs=0.02)
    assert sum(bad) / len(bad) == pytest.approx(shares[1], abs=0.02)


def test_a_drifted_model_passes_nine_in_a_hundred_from_then_on() -> None:
    tasks = Stream((EASY, EASY), seed="s", length=4000, drift=Drift("cheap", 2000))
    before = [tasks.attempt(place, "cheap").good for place in range(2000)]
    after = [tasks.attempt(place, "cheap").good for place in range(2000, 4000)]
    assert all(before)
    assert sum(after) / 2000 == pytest.approx(0.09, abs=0.02)
    assert all(tasks.attempt(place, "dear").good for place in range(2000, 4000))


def test_a_verdict_is_heard_so_many_tasks_later() -> None:
    heard: list[tuple[int, str]] = []
    now = 0
    late: Late[str] = Late(lambda word: heard.append((now, word)), delay=2)
    for now in range(6):
        late.until(now)
        late.say(now, f"of {now}")
    assert heard == [(3, "of 0"), (4, "of 1"), (5, "of 2")]


def test_always_best_is_the_measure_of_all() -> None:
    tasks = stream(EASY, HARD, HOPELESS)
    base = [POLICIES[BASE](tasks, PRICES, thrift=0, delay=0)]
    assert score(base, base) == Score(1.0, 1.0, 1.0, 1.0, 0.0)


def test_a_cascade_pays_the_dear_one_only_after_a_refusal() -> None:
    tasks = stream(EASY, HARD)
    played = POLICIES["fixed_cascade"](tasks, PRICES, thrift=0, delay=0)
    assert played.usd == [1.0 if one is EASY else 11.0 for one in tasks.tasks]
    assert all(played.solved)


def test_the_oracle_takes_the_cheapest_that_passes_and_ships_nothing_bad() -> None:
    tasks = stream(EASY, HARD, HOPELESS, gate=Gate(0.5, 0.0), length=200)
    played = POLICIES["oracle"](tasks, PRICES, thrift=0, delay=0)
    prices = {"easy": {1.0}, "hard": {10.0}, "hopeless": {1.0, 10.0}}
    assert all(usd in prices[one.id] for one, usd in zip(tasks.tasks, played.usd, strict=True))
    both_fooled = sum(
        tasks.attempt(n, "cheap").accepted and tasks.attempt(n, "dear").accepted
        for n, one in enumerate(tasks.tasks)
        if one is HOPELESS
    )
    assert sum(played.shipped_bad) == both_fooled


@pytest.mark.parametrize("name", sorted(set(POLICIES) - {"oracle", "random"}))
def test_no_policy_asks_what_it_could_not_know(name: str) -> None:
    """Tasks that look alike are treated alike, whatever would become of the models not asked."""
    real, other = stream(EASY), stream(task("easy", cheap=True, dear=False))
    if name in {BASE, "epsilon_greedy", "ucb1", "thompson"}:
        real, other = stream(HARD), stream(task("hard", cheap=True, dear=True))
    first = POLICIES[name](real, PRICES, thrift=0, delay=40)
    second = POLICIES[name](other, PRICES, thrift=0, delay=40)
    assert [row[0].model for row in first.attempts] == [row[0].model for row in second.attempts]


@pytest.mark.parametrize("name", ["epsilon_greedy", "ucb1", "thompson"])
def test_those_that_learn_find_the_better_model(name: str) -> None:
    tasks = stream(HARD, length=400)
    played = POLICIES[name](tasks, PRICES, thrift=0, delay=0)
    assert sum(row[0].model == "dear" for row in played.attempts[200:]) > 150


@pytest.mark.parametrize("pool", sorted(POOLS))
def test_made_up_outcomes_have_the_rates_and_costs_that_they_name(pool: str) -> None:
    tasks = synthetic(pool, tasks=4000)
    for model, marginal in POOLS[pool].items():
        assert recorded.rate(tasks, model) == pytest.approx(marginal.rate, abs=0.05)
        assert recorded.mean_usd(tasks, model) == pytest.approx(marginal.usd, rel=0.05)


def test_what_one_model_fails_is_harder_and_dearer_for_another() -> None:
    tasks = synthetic("swe", tasks=4000)
    failed = [one for one in tasks if not one.runs["gpt-5-mini"].passed]
    assert recorded.rate(failed, "gemini-3-pro") < 0.7 * recorded.rate(tasks, "gemini-3-pro")
    assert recorded.mean_usd(failed, "gemini-3-pro") > 1.1 * recorded.mean_usd(
        tasks, "gemini-3-pro"
    )


def share(quality: float, cost: float) -> Score:
    return Score(quality, cost, quality, cost, 0.0)


FRONTIER = {
    1.0: share(0.93, 0.1),
    2.0: share(0.98, 0.2),
    3.0: share(1.02, 0.4),
    4.0: share(1.1, 0.6),
}


@pytest.mark.parametrize(("target", "value"), [("0.95", 2.0), ("1.0", 3.0), ("quality-first", 3.0)])
def test_the_cheapest_value_that_keeps_the_target_is_chosen(
    target: tuning.Target, value: float
) -> None:
    assert tuning.choose(FRONTIER, target) == tuning.Tuned(value, FRONTIER[value])


def test_where_no_value_keeps_the_target_the_best_one_is_chosen() -> None:
    poor = {1.0: share(0.5, 0.1), 2.0: share(0.6, 0.2), 3.0: share(0.6, 0.3)}
    assert tuning.choose(poor, "1.0").value == 2.0


def test_where_the_gate_errs_those_that_ship_too_much_of_it_are_out() -> None:
    rows = {
        1.0: share(0.99, 0.1)._replace(bad_shipped=0.09),
        2.0: share(0.9, 0.3)._replace(bad_shipped=0.05),
        3.0: share(0.92, 0.4)._replace(bad_shipped=0.05),
        4.0: share(0.95, 0.6)._replace(bad_shipped=0.05),
    }
    assert tuning.choose(rows, "0.95", bad=0.04).value == 3.0
    assert tuning.choose(rows, "0.95", bad=0.01).value == 2.0


@pytest.mark.parametrize("target", ["0.95", "1.0", "quality-first"])
def test_a_search_finds_what_trying_all_finds(target: tuning.Target) -> None:
    frontier = {value: share(0.9 + value / 30, value / 15) for value in tuning.VALUES}
    asked: list[float] = []

    def evaluate(value: float) -> Score:
        asked.append(value)
        return frontier[value]

    assert tuning.search(evaluate, target) == tuning.choose(frontier, target)
    assert len(asked) <= 5


def test_the_router_learns_that_the_cheap_model_never_passes() -> None:
    run = production.play(stream(HARD, length=150), PRICES, production.Setting(value_usd=20.0))
    assert all(row[0].model == "dear" for row in run.played.attempts[100:])


def test_the_router_goes_on_to_the_dear_model_when_the_gate_refuses_the_cheap_one() -> None:
    run = production.play(stream(EASY, HARD, length=80), PRICES, production.Setting(20.0))
    late = run.played.attempts[40:]
    assert {row[0].model for row in late} == {"cheap"}
    assert all(run.played.solved[40:])


def test_the_router_gives_up_what_is_not_worth_its_price() -> None:
    tasks = stream(EASY, HARD, length=120)
    run = production.play(tasks, PRICES, production.Setting(value_usd=2.0))
    assert {attempt.model for row in run.played.attempts[60:] for attempt in row} == {"cheap"}


def test_nobody_is_asked_twice() -> None:
    tasks = stream(HOPELESS, length=60)
    run = production.play(tasks, PRICES, production.Setting(value_usd=200.0))
    asked = [[attempt.model for attempt in row] for row in run.played.attempts]
    assert [row for row in asked if len(row) != len(set(row))] == []
    assert max(len(row) for row in asked) == 2


def test_one_model_that_costs_nothing_can_be_replayed() -> None:
    tasks = tuple(Task(str(n), "a", "low", {"x": Run(n % 2 == 0, 0.0)}) for n in range(8))
    measured = measure(recorded.halves(tasks), Options(seeds=1, tasks=20, drift=True, jobs=1))
    assert measured.production == measured.policies[BASE]


def test_the_router_replays_to_the_same_choices() -> None:
    tasks = Stream(synthetic("swe"), seed="s", length=60)
    facts = known(recorded.halves(synthetic("swe")).dev)
    runs = [production.play(tasks, facts, production.Setting(0.5, delay=5)) for _ in range(2)]
    assert runs[0].played == runs[1].played


def test_the_command_prints_a_table_and_one_line_of_json() -> None:
    said = subprocess.run(
        [
            *(sys.executable, "-m", "benchmarks.routing_replay", "--outcomes", "synthetic:swe"),
            *("--seeds", "1", "--tasks", "40", "--drift", "--delay", "3", "--jobs", "1"),
        ],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
        timeout=100,
    )
    *shown, last = said.stdout.splitlines()
    found = json.loads(last)
    wanted = set(Score._fields)
    assert wanted <= found.keys()
    assert set(found["policies"]) == set(POLICIES)
    assert all(wanted <= row.keys() for row in found["policies"].values())
    assert [line for line in shown if line.startswith("gatewright")]
