"""The shipped priors: one for each model of the leaderboard, found under our names."""

from statistics import median

import pytest
from hypothesis import given
from hypothesis import strategies as st

from routing.priors import FILE, WEIGHT, prior_of, priors, runs, undated


def rate(name: str) -> float:
    prior = prior_of(name)
    assert prior is not None
    return prior.rate


def test_the_file_tells_where_it_is_from() -> None:
    head = FILE.read_text(encoding="utf-8").partition("\ndate,")[0]
    assert "Aider-AI/aider" in head and "Apache License 2.0" in head


def test_every_run_is_a_run() -> None:
    assert len(runs()) == 48
    for run in runs():
        assert 0 <= run.passed <= run.passed_after <= run.cases
        assert run.seconds > 0 and run.usd != 0
        assert run.date[:4] in ("2024", "2025") and "/" in run.model


def test_what_a_run_says() -> None:
    [o3] = [run for run in runs() if run.model == "openai/o3"]
    assert (o3.date, o3.cases, o3.passed, o3.passed_after, o3.usd, o3.seconds) == (
        "2025-04-16",
        225,
        83,
        179,
        111.0325,
        113.8,
    )
    assert [o3.rate, o3.again] == pytest.approx([83.5 / 226, 96 / 142])


def test_the_latest_run_of_a_model_counts() -> None:
    prior = prior_of("deepseek/deepseek-chat")
    assert prior is not None and prior.source.startswith("Aider polyglot, 2025-03-24: 63 of 225")


def test_of_one_day_the_run_with_the_defaults_counts() -> None:
    prior = prior_of("anthropic/claude-3-7-sonnet-20250219")
    assert prior is not None and "55 of 225" in prior.source


def test_the_middle_of_the_list_stands_where_an_unknown_model_does() -> None:
    assert median(prior.rate for prior in priors().values()) == pytest.approx(0.5, abs=0.03)


def test_the_order_of_the_list_stays() -> None:
    order = ["openai/o3", "openai/gpt-4.1", "openai/gpt-4.1-mini", "openai/gpt-4.1-nano"]
    rates = [rate(name) for name in order]
    assert rates == sorted(rates, reverse=True)


def test_odds_ratios_stay() -> None:
    def odds(share: float) -> float:
        return share / (1 - share)

    measured = odds(83.5 / 226) / odds(45.5 / 226)
    assert odds(rate("openai/o3")) / odds(rate("openai/gpt-4.1")) == pytest.approx(
        measured, rel=1e-2
    )


def test_each_weighs_little() -> None:
    assert {prior.weight for prior in priors().values()} == {WEIGHT}


@pytest.mark.parametrize(
    ("name", "same"),
    [
        ("openai/gpt-4o-mini", "openai/gpt-4o-mini-2024-07-18"),
        ("openai/GPT-4o-mini", "openai/gpt-4o-mini"),
        ("openrouter/openai/o3", "openai/o3"),
        ("azure/gpt-4.1-2025-04-14", "openai/gpt-4.1"),
        ("vertex_ai/claude-3-5-sonnet@20241022", "anthropic/claude-3-5-sonnet-20241022"),
        ("anthropic/claude-3-7-sonnet-latest", "anthropic/claude-3-7-sonnet-20250219"),
        ("gemini/gemini-2.5-pro", "gemini/gemini-2.5-pro-preview-03-25"),
        ("hosted_vllm/Qwen/Qwen3-32B", "openai/Qwen3-32B"),
    ],
)
def test_one_model_under_several_names(name: str, same: str) -> None:
    assert rate(name) == rate(same)


@pytest.mark.parametrize(
    "name", ["openai/gpt-9", "openai/o", "gemini/gemini", "x/y", "", "o3/", "openai/o3-pro"]
)
def test_a_model_that_is_not_listed_has_none(name: str) -> None:
    assert prior_of(name) is None


@pytest.mark.parametrize(
    ("name", "plain"),
    [
        ("openai/gpt-4-0613", "openai/gpt-4"),
        ("mistral/mistral-large-2407", "mistral/mistral-large-2407"),
        ("moonshot/kimi-k2-0905-preview", "moonshot/kimi-k2"),
        ("gemini/gemini-2.5-flash-preview-04-17", "gemini/gemini-2.5-flash"),
        ("gemini/gemini-exp-1206", "gemini/gemini-exp-1206"),
        ("mistral/codestral-latest", "mistral/codestral-latest"),
        ("openai/gpt-4.1", "openai/gpt-4.1"),
    ],
)
def test_names_without_their_dates(name: str, plain: str) -> None:
    assert undated(name) == plain


@given(st.text(alphabet="abgpt-0123456789@/.", max_size=30))
def test_a_name_without_a_date_has_none_to_lose(name: str) -> None:
    assert undated(undated(name)) == undated(name)
