"""Whatever state a run is in, the graph knows where to go; and no walk is without an end."""

from hypothesis import given
from hypothesis import strategies as st

from gatewright.domain.plan import MOST_STEPS
from graph.develop import build
from graph.edges import recursion_limit
from graph.state import RunState
from tests.property.runs import Play, replay, states

BRANCHES = {
    node: (branch.path.func, branch.ends)
    for node, branches in build().branches.items()
    for branch in branches.values()
}


@given(state=states(), node=st.sampled_from(sorted(BRANCHES)))
def test_every_state_leads_to_a_label_of_the_edge(state: RunState, node: str) -> None:
    edge, ends = BRANCHES[node]
    assert edge(state) in ends


@given(
    play=st.builds(Play, choose=st.randoms(use_true_random=False), rejections=st.integers(1, 10))
)
def test_no_invocation_needs_more_than_the_limit(play: Play) -> None:
    """A person answers as they like; each answer begins a new invocation. A plan that is made
    again may be longer than the one before, so the limit is that of the longest plan."""
    limit = recursion_limit(steps=MOST_STEPS, rejections=play.rejections)
    assert max(len(nodes) for nodes in replay(play, answers=8)) <= limit


@given(
    play=st.builds(Play, choose=st.randoms(use_true_random=False), rejections=st.integers(1, 4)),
    good=st.floats(0, 1),
)
def test_no_loop_turns_more_often_than_it_may(play: Play, good: float) -> None:
    play.good = good
    for nodes in replay(play, answers=4):
        assert nodes.count("planner") <= play.rejections + 1
        assert nodes.count("quality_gate") <= play.rejections
        assert _longest_run(nodes, "implementer") <= play.rejections * play.longest_plan


@given(st.integers(1, MOST_STEPS), st.integers(1, 10))
def test_the_limit_is_of_the_order_of_the_work(steps: int, rejections: int) -> None:
    work = 2 * rejections * (1 + steps + rejections)
    limit = recursion_limit(steps=steps, rejections=rejections)
    assert work <= limit <= 2 * (work + steps) + 4


def _longest_run(nodes: list[str], name: str) -> int:
    """How often the implementer came between two visits of the gate."""
    longest = now = 0
    for node in nodes:
        now = 0 if node == "quality_gate" else now + (node == name)
        longest = max(longest, now)
    return longest
