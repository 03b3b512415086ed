"""Merge what is delivered by the built-in plan `safe_merge`: tested, pushed with a lease.

The merged tree is tested in the sandbox: a model may have written what the tests run. Hooks of the
repository do not run unless `deliver.hooks` says so.
"""

import json
from importlib.resources import files
from pathlib import Path
from typing import Any

from gatewright.deliver_settings import DeliverSettings
from gatewright.domain.errors import EnvironmentFault, InputError
from gatewright.domain.finishing import finish
from gatewright.domain.plan_run import PlanRun
from gatewright.domain.secret_forms import redact
from gatewright.orchestration.plans import Plans
from gatewright.settings import Settings
from gatewright.workspace.delivery import write_over

_CONFINED = ("lint", "test")
_NO_HOOKS = {
    "GIT_CONFIG_COUNT": "1",
    "GIT_CONFIG_KEY_0": "core.hooksPath",
    "GIT_CONFIG_VALUE_0": "/dev/null",
}
_TOLD_CHARACTERS = 600


class PlanMerging:
    """Implements the `Merging` port with runs of a plan, which `gatewright plan runs` shows."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings

    async def merge(self, repo: Path, *, branch: str, target: str, name: str) -> str:
        """See `Merging`. Raises: EnvironmentFault; ThreadBusy; InputError for a bad branch."""
        how = self._settings.deliver
        variables = {
            "BRANCH": branch,
            "TARGET": target,
            "REMOTE": how.merge_remote,
            "TEST": how.merge_test,
            "FAST_FORWARD": "no-ff" if how.merge_commit else "ff",
            # Nobody's changes are merged: the branch is Gatewright's own.
            "DIRTY": "allow",
        }
        async with Plans(self._settings) as plans:
            run = await self._run(plans, repo, variables, name=name)
            if run.status != "succeeded":
                raise await _failed(plans, run, target)
            steps = (await plans.aprogress(run.run_id)).steps
        merged = steps["merge"].captures["merged"]
        return f"merged into {target} on {how.merge_remote} at {merged[:12]}"

    async def _run(
        self, plans: Plans, repo: Path, variables: dict[str, str], *, name: str
    ) -> PlanRun:
        """The run of this name: it goes on, or is found done; one that failed gets a successor."""
        number = 1
        while True:
            run_id = f"merge-{name}" if number == 1 else f"merge-{name}-{number}"
            known = await _find(plans, run_id)
            if known is None:
                file = await self._write(name)
                return await plans.arun(file, variables=variables, directory=repo, run_id=run_id)
            if known.status == "succeeded":
                return known
            if known.status not in ("failed", "cancelled"):
                return await plans.aresume(run_id)
            number += 1

    async def _write(self, name: str) -> Path:
        file = self._settings.home / "deliveries" / f"{name}.safe_merge.json"
        how = self._settings.deliver
        await finish(lambda: write_over(file, json.dumps(_plan(how), indent=2).encode()))
        return file


def _plan(how: DeliverSettings) -> dict[str, Any]:
    """The built-in plan, as strict as a change asks for that no person wrote. Blocks."""
    source = files("gatewright.plans") / "library" / "safe_merge.json"
    plan: dict[str, Any] = json.loads(source.read_text(encoding="utf-8"))
    for step in plan["steps"]:
        if step["id"] in _CONFINED:
            step["sandbox"] = True
    env = plan["globals"]["env"]
    if not how.hooks:
        env.update(_NO_HOOKS)
    for role in ("AUTHOR", "COMMITTER"):
        # In a plan file, `$$` is a dollar.
        env[f"GIT_{role}_NAME"] = how.author_name.replace("$", "$$")
        env[f"GIT_{role}_EMAIL"] = how.author_email.replace("$", "$$")
    return plan


async def _find(plans: Plans, run_id: str) -> PlanRun | None:
    try:
        return await plans.afind(run_id)
    except InputError:
        return None


async def _failed(plans: Plans, run: PlanRun, target: str) -> EnvironmentFault:
    steps = (await plans.aprogress(run.run_id)).steps
    name, result = next(
        ((name, one) for name, one in steps.items() if one.status == "failed"), ("", None)
    )
    told = ""
    if result is not None and result.attempts:
        piece = await plans.alogs(run.run_id, name, stream="stderr")
        told = redact(piece.text.strip()).text[-_TOLD_CHARACTERS:]
    why = told or (result.reason if result else run.reason) or "no word"
    return EnvironmentFault(
        f"deliver.kind merge: {target!r} was not merged into: {name or run.status}: {why}",
        f"See `gatewright plan show {run.run_id}`. Once that is set right, the same command then "
        "goes on from here.",
    )
