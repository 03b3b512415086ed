"""Events of a run as lines for people: one a state change."""

from typing import Final, NamedTuple

from gatewright.cli.plans.words import STYLES, WORDS, how, seconds
from gatewright.domain.plain import plain
from gatewright.domain.plan_run import PlanEvent

_WORDS: Final[dict[str, tuple[str, str]]] = {
    "run_started": ("run", "bold"),
    "run_resumed": ("resumed", "bold"),
    "run_stopping": ("stopping", "yellow"),
    "run_waiting": ("waiting", STYLES["waiting"]),
    "step_started": ("start", STYLES["running"]),
    "step_retrying": ("again", "yellow"),
}


class Line(NamedTuple):
    """A word that says what happened, and to what."""

    word: str
    style: str
    text: str

    def said(self) -> str:
        """Without colours."""
        return f"{self.word:<9} {self.text}"


def line(event: PlanEvent) -> Line:
    """What an event comes to, on one line; nothing in it commands a terminal."""
    word, style = _word(event)
    return Line(word, style, " ".join(plain(_text(event)).split("\n")))


def _word(event: PlanEvent) -> tuple[str, str]:
    if event.kind not in ("step_ended", "run_ended"):
        return _WORDS[event.kind]
    status = event.status or "failed"
    word = status if event.kind == "run_ended" else WORDS.get(status, status)
    return "same" if event.unchanged else word, STYLES.get(status, "")


def _text(event: PlanEvent) -> str:
    match event.kind:
        case "step_started":
            again = event.attempt is not None and event.attempt > 1
            return f"{event.step}, attempt {event.attempt}" if again else f"{event.step}"
        case "step_retrying":
            failed = f"{event.step}, attempt {event.attempt} failed"
            return f"{_ended(failed, event)}; the next one {_soon(event.delay_s)}"
        case "step_ended":
            return _ended(event.step or "", event)
        case _:
            return _because(event.run_id, event.reason)


def _ended(said: str, event: PlanEvent) -> str:
    took = seconds(event.duration_s)
    # The engine's reason begins with how the process ended.
    return _because(f"{said}, {took}" if took else said, event.reason or how(event))


def _because(said: str, reason: str) -> str:
    return f"{said}: {reason}" if reason else said


def _soon(delay: float | None) -> str:
    return f"in {seconds(delay)}" if delay else "at once"
