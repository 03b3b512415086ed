"""The sandbox's runner, with its commands put down to the nodes that ran them."""

from gatewright.domain.command import Command, Completed, SandboxKind
from gatewright.domain.ports import Runner
from gatewright.domain.usage import ChildUsage
from gatewright.telemetry.accounts import note_child


class MeteredRunner:
    """Another `Runner`, as it is; what its commands used is noted of the node that calls.

    The figures are the sandbox's own: of the whole tree, by wait4 of its outermost program.
    """

    def __init__(self, runner: Runner) -> None:
        self._runner = runner

    @property
    def kind(self) -> SandboxKind:
        """As the runner's."""
        return self._runner.kind

    @property
    def label(self) -> str:
        """As the runner's."""
        return self._runner.label

    async def run(self, command: Command) -> Completed:
        """As the runner's."""
        completed = await self._runner.run(command)
        note_child(ChildUsage(completed.cpu_s, completed.max_rss_bytes))
        return completed
