"""The launcher of steps in the sandbox, made when the first plan asks for it."""

from collections.abc import Awaitable, Callable

from gatewright.domain.plan_ports import Launcher
from gatewright.plans.launching.confined import ConfinedLauncher
from gatewright.sandbox_setup import open_runner
from gatewright.settings import Settings

_MADE: dict[str, Launcher] = {}
"""By home and kind: the sandbox is proven by a probe, which takes a moment."""


def confined_launcher(settings: Settings) -> Callable[[], Awaitable[Launcher]]:
    """Makes it when it is called. Raises: SandboxUnavailable with the fix."""

    async def make() -> Launcher:
        key = f"{settings.sandbox} {settings.unsafe_no_sandbox} {settings.home}"
        if key not in _MADE:
            _MADE[key] = ConfinedLauncher(await open_runner(settings))
        return _MADE[key]

    return make
