"""What holds of every choice of the router, whatever is asked and known."""

from typing import Any

from hypothesis import assume, given, settings
from hypothesis import strategies as st

from gatewright.domain.catalogue import Card
from gatewright.domain.decision import Decision, RoutingRequest
from gatewright.domain.errors import EnvironmentFault
from gatewright.domain.outcome import Arm, Counted, Tally
from routing.attempts import Attempt, Stakes, search
from routing.beta import quantile
from routing.floors import Rules
from routing.history import History
from routing.posterior import beliefs
from routing.replay import replay
from routing.router import LearningRouter
from routing.strategies import STRATEGIES
from routing.worth import Worth

MODELS = ("m0", "m1", "m2", "m3", "m4")
quick = settings(max_examples=40, deadline=None)

count = st.integers(0, 30)
price = st.floats(0.001, 2.0)
chance = st.floats(0.01, 0.99)
shape = st.floats(0.05, 200.0)


@st.composite
def histories(draw: st.DrawFn) -> dict[Arm, Tally]:
    arms = st.builds(
        Arm,
        role=st.just("implementer"),
        risk=st.sampled_from(["low", "medium"]),
        area=st.sampled_from(["web", "db"]),
        stage=st.integers(0, 2),
        model=st.sampled_from(MODELS),
        again=st.just(False),
    )
    tallies = st.tuples(count, count).map(lambda pair: Tally(float(pair[0]), float(pair[1])))
    return draw(st.dictionaries(arms, tallies, max_size=12))


@st.composite
def questions(draw: st.DrawFn) -> RoutingRequest:
    tried = draw(st.lists(st.sampled_from(MODELS), max_size=3))
    return RoutingRequest(
        role="implementer",
        risk=draw(st.sampled_from(["low", "medium"])),
        area=draw(st.sampled_from(["web", ""])),
        seed=draw(st.text(max_size=5)),
        stage=len(tried),
        tried=tuple(tried),
        exclude=tuple(draw(st.lists(st.sampled_from(MODELS), max_size=2))),
        left_usd=draw(st.none() | st.floats(0, 2)),
    )


prices = st.lists(price | st.none(), min_size=1, max_size=len(MODELS))


def chooser(usd: list[float | None], tallies: dict[Arm, Tally], **fields: Any) -> LearningRouter:
    names = MODELS[: len(usd)]
    given: dict[str, Any] = {
        "worth": Worth(value_usd=1.0),
        "rules": Rules(deny=("m1",), needs_price=False),
    }
    return LearningRouter(
        [Card(name=name, attempt_usd=cost) for name, cost in zip(names, usd, strict=True)],
        {"implementer": {"low": names, "medium": names}},
        history=History(Counted(tallies)),
        **given | fields,
    )


def decided(router: LearningRouter, request: RoutingRequest) -> Decision:
    try:
        return router.decide(request)
    except EnvironmentFault:
        assume(False)
        raise


@quick
@given(prices, histories(), questions(), st.sampled_from(STRATEGIES))
def test_never_outside_the_floor(
    usd: list[float | None], tallies: dict[Arm, Tally], request: RoutingRequest, strategy: str
) -> None:
    decision = decided(chooser(usd, tallies, strategy=strategy), request)
    out = {"m1", *request.exclude}
    assert not out & {*decision.plan, decision.model, *decision.candidates}
    assert 1 <= len(decision.plan) <= max(3 - request.stage, 1)


@quick
@given(
    st.lists(price, min_size=2, max_size=5),
    histories(),
    questions(),
    st.floats(0.05, 2),
    st.sampled_from(STRATEGIES),
)
def test_never_above_a_cap(
    usd: list[float],
    tallies: dict[Arm, Tally],
    request: RoutingRequest,
    left_usd: float,
    strategy: str,
) -> None:
    request = request.model_copy(update={"left_usd": left_usd})
    decision = decided(chooser(list(usd), tallies, strategy=strategy), request)
    known = dict(zip(MODELS, usd, strict=False))
    assert max(known[model] for model in decision.plan) <= left_usd


@quick
@given(prices, histories(), questions(), st.sampled_from(STRATEGIES))
def test_the_recorded_seed_gives_the_same(
    usd: list[float | None], tallies: dict[Arm, Tally], request: RoutingRequest, strategy: str
) -> None:
    decision = decided(chooser(usd, tallies, strategy=strategy), request)
    assert chooser(usd, tallies, strategy=strategy).decide(request) == decision
    assert replay(request, decision).differences == ()


@quick
@given(st.lists(price, min_size=2, max_size=5), histories(), questions(), st.floats(1.0, 10.0))
def test_nobody_is_chosen_for_having_become_dearer(
    usd: list[float], tallies: dict[Arm, Tally], request: RoutingRequest, factor: float
) -> None:
    request = request.model_copy(update={"left_usd": None})
    before = decided(chooser(list(usd), tallies), request)
    loser = next((name for name in MODELS[: len(usd)] if name != before.model), None)
    assume(loser is not None and loser != "m1" and loser not in request.exclude)
    dearer = [cost * (factor if name == loser else 1) for name, cost in zip(MODELS, usd)]  # noqa: B905
    assert decided(chooser(dearer, tallies), request).model != loser


@quick
@given(st.lists(price, min_size=2, max_size=5), histories(), questions(), st.integers(1, 40))
def test_a_last_attempt_is_kept_by_who_passed_more(
    usd: list[float], tallies: dict[Arm, Tally], request: RoutingRequest, more: int
) -> None:
    request = request.model_copy(
        update={"left_usd": None, "area": "web", "stage": 2, "tried": request.tried[:2]}
    )
    before = decided(chooser(list(usd), tallies, again=False), request)
    arm = Arm("implementer", request.risk, "web", 2, before.model, False)
    tally = tallies.get(arm, Tally())
    better = tallies | {arm: tally._replace(passed=tally.passed + more)}
    assert decided(chooser(list(usd), better, again=False), request).model == before.model


@quick
@given(histories(), st.sampled_from(MODELS), st.integers(0, 2), st.integers(1, 30))
def test_a_pass_never_lowers_a_belief(
    tallies: dict[Arm, Tally], model: str, stage: int, more: int
) -> None:
    def drawn(history: dict[Arm, Tally]) -> list[float]:
        found = beliefs(
            Card(name=model),
            history=History(Counted(history)),
            role="implementer",
            risk="medium",
            area="web",
        )
        return [quantile(u, b.alpha, b.beta) for b in found for u in (0.1, 0.5, 0.9)]

    arm = Arm("implementer", "medium", "web", stage, model, False)
    tally = tallies.get(arm, Tally())
    better = tallies | {arm: tally._replace(passed=tally.passed + more)}
    pairs = zip(drawn(tallies), drawn(better), strict=True)
    # Means of a stage hand on to the next: its draws rise too, and none falls.
    assert all(after >= before - 1e-6 for before, after in pairs)


@quick
@given(st.floats(0.001, 0.999), st.floats(0.0, 0.5), shape, shape, st.floats(0.0, 50.0))
def test_quantiles_are_ordered(
    u: float, step: float, alpha: float, beta: float, more: float
) -> None:
    here = quantile(u, alpha, beta)
    assert 0 <= here <= 1
    assert quantile(min(u + step, 0.9999), alpha, beta) >= here - 1e-7
    assert quantile(u, alpha + more, beta) >= here - 1e-7
    assert quantile(u, alpha, beta + more) <= here + 1e-7


@quick
@given(
    st.lists(st.tuples(chance, price), min_size=3, max_size=18).map(
        lambda rows: rows[: len(rows) // 3 * 3]
    ),
    st.floats(0.01, 10),
    st.floats(0, 30),
    st.floats(0, 0.3),
    st.data(),
)
def test_whoever_is_first_stays_first_with_a_better_chance(
    rows: list[tuple[float, float]],
    value: float,
    harm: float,
    false_accept: float,
    data: st.DataObject,
) -> None:
    size = len(rows) // 3
    levels = [
        [Attempt(f"m{n}", False, stage, *rows[stage * size + n]) for n in range(size)]
        for stage in range(3)
    ]
    stakes = Stakes(value, harm, false_accept)
    first = search(levels, stakes).attempts[0]
    better = first._replace(chance=data.draw(st.floats(first.chance, 1.0)))
    raised = [[better if a is first else a for a in levels[0]], *levels[1:]]
    found = search(raised, stakes)
    assert found.attempts[0].model == first.model
