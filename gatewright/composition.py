"""The composition root: the one place that knows every adapter."""

import asyncio
import shutil
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from langgraph.checkpoint.base import BaseCheckpointSaver

from gatewright.deliver_setup import delivery_of, merging_of
from gatewright.domain.errors import EnvironmentFault
from gatewright.domain.ports import Runner, Telemetry, Toolchain, Workspace
from gatewright.domain.task import Site
from gatewright.learning.routing_setup import open_circuits, open_router
from gatewright.logs import logger
from gatewright.models.client import Catalogue
from gatewright.models.retries import Retry, RetryPolicy
from gatewright.plans.scheduling.parts import run_parts
from gatewright.repair.protect import sample_mutants
from gatewright.settings import Settings
from gatewright.storage.checkpoints import open_checkpoints
from gatewright.storage.database import open_database
from gatewright.storage.journal import AnswerJournal
from gatewright.storage.ledger import Ledger
from gatewright.storage.purse import SqlPurse
from gatewright.telemetry.commands import MeteredRunner
from gatewright.workspace.gate.gate import QualityGate
from gatewright.workspace.sandbox.choose import choose
from gatewright.workspace.toolchain import find_toolchain
from gatewright.workspace.worktrees import GitWorkspace
from graph.context import Context, Limits

_LOG = logger("gatewright.models")

LEAST_FREE = 64 * 2**20
"""Bytes: what the probe's canaries write is stopped at less, and must not be by the disk."""


@dataclass(frozen=True, kw_only=True)
class Store:
    """What remembers: enough to ask where a task stands."""

    ledger: Ledger
    journal: AnswerJournal
    purse: SqlPurse
    saver: BaseCheckpointSaver[str]
    workspace: GitWorkspace


@asynccontextmanager
async def open_store(settings: Settings) -> AsyncIterator[Store]:
    """Open the databases; closed at the end.

    Raises: EnvironmentFault.
    """
    async with AsyncExitStack() as stack:
        database = await stack.enter_async_context(open_database(settings.home / "state.sqlite"))
        saver = await stack.enter_async_context(
            open_checkpoints(settings.home / "checkpoints.sqlite")
        )
        yield Store(
            ledger=Ledger(database),
            journal=AnswerJournal(database),
            purse=SqlPurse(
                database, day_usd=settings.budget.day_usd, month_usd=settings.budget.month_usd
            ),
            saver=saver,
            workspace=GitWorkspace(
                settings.home,
                delivery=delivery_of(settings.deliver, merging=merging_of(settings)),
            ),
        )


@asynccontextmanager
async def open_context(
    settings: Settings, store: Store, *, runner: Runner, telemetry: Telemetry
) -> AsyncIterator[Context]:
    """Everything that the nodes of a run may reach; the models' connections close at the end."""
    catalogue = Catalogue(
        settings.models.values(),
        policy=RetryPolicy(**settings.retries.model_dump()),
        on_retry=_log_retry,
        circuits=open_circuits(settings),
    )
    if settings.answering():
        catalogue.begin_loading()
    router, cards = await asyncio.to_thread(open_router, settings)
    async with catalogue.opened():
        yield Context(
            workspace=store.workspace,
            gate=make_gate(settings, store.workspace, runner),
            runner=runner,
            toolchain=make_toolchain(settings),
            models=catalogue,
            router=router,
            journal=store.journal,
            purse=store.purse,
            telemetry=telemetry,
            limits=Limits(
                **settings.limits.model_dump(), approve_plans=frozenset(settings.review.plans)
            ),
            private=settings.routing.private,
            cards={card.name: card for card in cards},
            edit_formats={name: model.edit_format for name, model in settings.models.items()},
        )


async def open_runner(settings: Settings) -> Runner:
    """The sandbox, proven by its probe.

    Raises: SandboxUnavailable with the fix; EnvironmentFault where the disk is too full to tell.
    """
    scratch = settings.home / "scratch"
    await asyncio.to_thread(partial(scratch.mkdir, parents=True, exist_ok=True))
    free = (await asyncio.to_thread(shutil.disk_usage, scratch)).free
    if free < LEAST_FREE:
        raise EnvironmentFault(
            f"The disk of {str(scratch)!r} is full: {free / 2**20:.0f} of the "
            f"{LEAST_FREE / 2**20:.0f} MiB that a run needs are free",
            "Free some space, or name another folder by GATEWRIGHT_HOME.",
        )
    mode = "none" if settings.unsafe_no_sandbox else settings.sandbox
    runner, _ = await choose(mode, scratch=scratch)
    return MeteredRunner(runner)


def make_gate(settings: Settings, workspace: Workspace, runner: Runner) -> QualityGate:
    """The quality gate, with the repair engine's mutants to doubt tests with."""
    return QualityGate(
        workspace=workspace,
        runner=runner,
        toolchain=make_toolchain(settings),
        cache=settings.home / "baselines",
        timeout_s=settings.gate.timeout_s,
        pipeline=run_parts,
        mutation=sample_mutants,
    )


def make_toolchain(settings: Settings) -> Callable[[Site], Toolchain]:
    """What finds the Python of a repository; it blocks."""
    return lambda site: find_toolchain(
        site.repo,
        python=settings.gate.python,
        cache=environments(settings),
        install=settings.gate.install,
    )


def environments(settings: Settings) -> Path:
    """Where environments of our making are kept."""
    return settings.gate.environments or settings.home / "environments"


def _log_retry(retry: Retry) -> None:
    fault = retry.fault
    _LOG.warning(
        "model_retry", model=fault.model, kind=fault.kind, tried=retry.tried, wait_s=retry.wait_s
    )
