"""What was spent is told by role and model, and the shares are the whole."""

from hypothesis import given
from hypothesis import strategies as st

from gatewright.domain.conversation import Reply, Usage
from nodes.money import Share, Spent, spending_in_words, with_call

CALLS = st.lists(
    st.tuples(
        st.sampled_from(["planner", "implementer"]),
        st.builds(
            Reply,
            text=st.just(""),
            model=st.sampled_from(["a", "b"]),
            cost_usd=st.none() | st.integers(0, 8).map(lambda n: n / 4),
            usage=st.builds(
                Usage, input_tokens=st.none() | st.integers(0, 9), output_tokens=st.integers(0, 9)
            ),
        ),
    ),
    max_size=8,
)


@given(CALLS)
def test_the_shares_sum_up_to_the_whole(calls: list[tuple[str, Reply]]) -> None:
    spent = Spent()
    for role, reply in calls:
        spent = with_call(spent, role, reply)
    assert len({(share.role, share.model) for share in spent.by}) == len(spent.by)
    for name in ("calls", "cost_usd", "unpriced_calls", "input_tokens", "output_tokens"):
        assert sum(getattr(share, name) for share in spent.by) == getattr(spent, name)
    assert spent.calls == len(calls)
    assert (spent.total_usd() is None) == any(reply.cost_usd is None for _, reply in calls)


def test_the_dearest_comes_first_and_slow_nodes_are_named() -> None:
    cheap = Share(role="planner", model="a", calls=1, cost_usd=0.01, input_tokens=5)
    dear = Share(role="implementer", model="b", calls=2, cost_usd=0.5, output_tokens=7)
    spent = Spent(
        cost_usd=0.51,
        input_tokens=5,
        output_tokens=7,
        seconds=90.4,
        by=(cheap, dear),
        seconds_in={"planner": 0.4, "quality_gate": 90.0},
    )
    assert spending_in_words(spent) == (
        "$0.5100 and 12 tokens in 90 s (implementer by b $0.5000, 7 tokens; "
        "planner by a $0.0100, 5 tokens; 90 s in quality_gate)"
    )


def test_a_price_that_is_not_known_is_not_made_up() -> None:
    free = with_call(Spent(), "planner", Reply(text="", model="a"))
    assert spending_in_words(free).startswith("cost not known and 0 tokens")


def test_what_was_spent_before_shares_were_kept_is_told_in_all() -> None:
    old = Spent.model_validate({"cost_usd": 0.25, "calls": 1, "seconds": 3.0})
    assert spending_in_words(old) == "$0.2500 and 0 tokens in 3 s"
