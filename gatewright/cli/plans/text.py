"""Runs of plans and their steps, as text for a terminal."""

from collections import Counter
from collections.abc import Mapping, Sequence
from contextlib import suppress
from datetime import UTC, datetime

from rich.console import Console
from rich.table import Table
from rich.text import Text

from gatewright.cli.plans.words import STYLES, ago, bytes_, count, how, seconds
from gatewright.domain.plain import plain
from gatewright.domain.plan_run import OVER, PlanRun, StepAttempt, StepResult

_WIDTH = 120
"""At least, so that a pipe cuts no table off."""
_MOST_TOLD = 20
"""Steps that failed, in the summary; `plan show` has all."""


class _Quiet(Console):
    """Where nobody reads any more, it says no more; rich would end the program."""

    def on_broken_pipe(self) -> None:
        """Called by rich."""
        with suppress(SystemExit):
            super().on_broken_pipe()


def console(*, to_stderr: bool = False) -> Console:
    """One that breaks no path and colours no number."""
    made = _Quiet(stderr=to_stderr, highlight=False)
    made.width = max(made.width, _WIDTH)
    return made


def print_runs(runs: Sequence[PlanRun], *, now: datetime | None = None) -> None:
    """A row for each."""
    if not runs:
        console().print("No plan has been run yet; see `gatewright plan run --help`.")
        return
    now = now or datetime.now(UTC)
    table = Table("run", "status", "plan", "began", "took", "by", "what", box=None)
    for run in runs:
        table.add_row(
            Text(plain(run.run_id), no_wrap=True),
            Text(run.status, style=STYLES.get(run.status, "")),
            Text(plain(run.plan_id)),
            ago(run.started_at, now=now),
            seconds(_took(run)),
            Text(plain(run.started_by)),
            Text(_first(_why(run))),
        )
    console().print(table)


def print_show(
    run: PlanRun, steps: Mapping[str, StepResult], attempts: Sequence[StepAttempt]
) -> None:
    """Head, a row per step, and what to do next."""
    out = console()
    _print_rows(out, _head(run, steps))
    last = {one.step: one for one in attempts}
    table = Table("step", "status", "attempts", "exit", "took", "cpu", "memory", "why", box=None)
    for name, result in steps.items():
        used = last.get(name)
        status = "unchanged" if result.unchanged else result.status
        table.add_row(
            Text(plain(name)),
            Text(status, style=STYLES.get(result.status, "")),
            str(result.attempts or ""),
            how(result) or ("0" if result.exit_code == 0 else ""),
            seconds(result.duration_s),
            seconds(used.cpu_s if used else None),
            bytes_(used.max_rss_bytes if used else None),
            Text(_first(result.reason)),
        )
    out.print()
    out.print(table)
    _print_next(out, run, steps)


def print_summary(
    run: PlanRun, steps: Mapping[str, StepResult], *, to_stderr: bool = False
) -> None:
    """How a run ended: counts, what failed and why, where its output is, how to go on."""
    out = console(to_stderr=to_stderr)
    out.print()
    _print_rows(out, _head(run, steps))
    failed = [(name, one) for name, one in steps.items() if one.status == "failed"]
    for name, one in failed[:_MOST_TOLD]:
        said = _first(one.reason) or how(one)
        out.print(Text.assemble((f"{name} failed", STYLES["failed"]), f"  {said}"), soft_wrap=True)
        out.print(Text(f"  gatewright plan logs {run.run_id} {name}", style="dim"), soft_wrap=True)
    if len(failed) > _MOST_TOLD:
        out.print(f"and {len(failed) - _MOST_TOLD} more; see `gatewright plan show {run.run_id}`")
    _print_next(out, run, steps)


def counted(steps: Mapping[str, StepResult]) -> str:
    """`11 steps: 9 succeeded (2 of them unchanged), 1 failed, 1 skipped`."""
    counts = Counter(one.status for one in steps.values())
    same = sum(one.unchanged for one in steps.values())
    said = [f"{number} {status}" for status in STYLES if (number := counts[status])]  # type: ignore[index]
    if same:
        said = [f"{one} ({same} of them unchanged)" if "succeeded" in one else one for one in said]
    return f"{count(len(steps), 'step')}: {', '.join(said)}" if said else "no step"


def percent(steps: Mapping[str, StepResult]) -> int:
    """How many of the steps are over, in percent; 100 only when all are."""
    over = sum(one.status in OVER for one in steps.values())
    return 100 if over == len(steps) else min(99, round(100 * over / len(steps)))


def _head(run: PlanRun, steps: Mapping[str, StepResult]) -> list[tuple[str, Text]]:
    rows = [
        ("run", Text(plain(run.run_id), style="bold")),
        ("plan", Text(plain(f"{run.plan_id} ({run.plan_path})"))),
        ("status", Text(run.status, style=STYLES.get(run.status, ""))),
        ("steps", Text(f"{counted(steps)}; {percent(steps)}% over")),
    ]
    if run.variables:
        given = ", ".join(f"{name}={value}" for name, value in run.variables.items())
        rows.append(("given", Text(_first(given))))
    if (took := _took(run)) is not None:
        rows.append(("time", Text(seconds(took))))
    if run.reason:
        rows.append(("why", Text(plain(run.reason))))
    if run.stop_asked is not None and run.status in ("running", "waiting"):
        rows.append(("stopping", Text(plain(run.stop_asked) or "somebody cancelled it")))
    return rows


def _print_rows(out: Console, rows: Sequence[tuple[str, Text]]) -> None:
    width = max(len(name) for name, _ in rows)
    for name, value in rows:
        out.print(Text.assemble((f"{name:<{width}}", "dim"), "  ", value), soft_wrap=True)


def _print_next(out: Console, run: PlanRun, steps: Mapping[str, StepResult]) -> None:
    if run.status in ("failed", "cancelled", "interrupted"):
        out.print(f"\nGo on with: [bold]gatewright plan run --resume {run.run_id}[/]")
    elif run.status == "waiting":
        out.print("\n[bold yellow]A person is asked.[/] Answer with:")
        out.print(f"  gatewright plan run --resume {run.run_id} {_answers(steps)}", soft_wrap=True)


def _answers(steps: Mapping[str, StepResult]) -> str:
    """What it waits for: before the first attempt for approval, afterwards for a word on steps."""
    if any(one.attempts for one in steps.values()):
        return "--answer STEP=rerun|done|failed"
    return "--approve | --reject"


def _took(run: PlanRun) -> float | None:
    if run.ended_at is None:
        return None
    between = datetime.fromisoformat(run.ended_at) - datetime.fromisoformat(run.started_at)
    return between.total_seconds()


def _why(run: PlanRun) -> str:
    if run.stop_asked is not None and run.status == "running":
        return f"to be cancelled: {run.stop_asked}" if run.stop_asked else "to be cancelled"
    return run.reason


def _first(text: str) -> str:
    """Its first line, safe to be shown."""
    lines = plain(text).strip().splitlines()
    return lines[0][:200] if lines else ""
