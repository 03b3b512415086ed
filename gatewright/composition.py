"""The composition root: with `gatewright.store`, the one place that knows every adapter."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

from gatewright.domain.ports import Runner, Telemetry, Toolchain, Workspace
from gatewright.domain.task import Site
from gatewright.learning.routing_setup import open_circuits, open_router
from gatewright.logs import logger
from gatewright.models.client import Catalogue
from gatewright.models.retries import Retry, RetryPolicy
from gatewright.plans.scheduling.parts import run_parts
from gatewright.repair.protect import sample_mutants
from gatewright.sandbox_setup import environments
from gatewright.settings import Settings
from gatewright.store import Store
from gatewright.workspace.gate.gate import QualityGate
from gatewright.workspace.toolchain import find_toolchain
from graph.context import Context, Limits

_LOG = logger("gatewright.models")


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


def _log_retry(retry: Retry) -> None:
    fault = retry.fault
    _LOG.warning(
        "model_retry", model=fault.model, kind=fault.kind, tried=retry.tried, wait_s=retry.wait_s
    )
