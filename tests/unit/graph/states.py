"""States of a run, as the nodes leave them."""

from typing import Any

from graph.state import RunState


def plan(steps: int = 1) -> dict[str, Any]:
    return {
        "why": "w",
        "steps": [{"title": f"s{n}", "what": f"w{n}", "files": []} for n in range(steps)],
        "risks": [],
    }


def candidate(commit: str = "c1") -> dict[str, Any]:
    return {"applied": {"commit": commit}, "author": "m", "title": "t", "digest": ""}


def state(**fields: Any) -> RunState:
    return RunState(**{"task": {"id": "t"}, "base_commit": "b", "head": "b", **fields})


def stop(at: str, kind: str = "rejected") -> dict[str, Any]:
    return {"at": at, "kind": kind, "reason": "r", "findings": [], "choices": ["retry", "reject"]}
