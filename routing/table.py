"""The static router: a table by role and risk, from settings."""

from collections.abc import Mapping, Sequence

from gatewright.domain.decision import Decision, RoutingRequest
from gatewright.domain.errors import EnvironmentFault
from gatewright.domain.outcome import Outcome
from gatewright.domain.task import Risk, Role

POLICY_VERSION = "table-1"

Table = Mapping[Role, Mapping[Risk, Sequence[str]]]
"""For each role and risk the models in the order in which they are tried."""

_FALLBACK: Mapping[Role, str] = {
    "plan_reviewer": "builtin/reviewer",
    "code_reviewer": "builtin/reviewer",
}
"""Who reviews when every model of the row is an author: the rules are nobody's author."""


class TableRouter:
    """Implements the `Router` port: each failed attempt moves one place along its row."""

    def __init__(self, table: Table) -> None:
        self._table = table

    async def choose(self, request: RoutingRequest) -> Decision:
        """Raises: EnvironmentFault when the row is empty, or holds only excluded models."""
        row = list(self._table.get(request.role, {}).get(request.risk, ()))
        fallback = _FALLBACK.get(request.role)
        if fallback is not None and fallback not in row:
            row.append(fallback)
        allowed = [model for model in row if model not in request.exclude]
        if not allowed:
            raise EnvironmentFault(
                f"No model may answer as {request.role} at {request.risk} risk "
                f"(row {row!r}, excluded {list(request.exclude)!r})",
                f"Name one in the setting routing.{request.role}.",
            )
        place = min(request.stage, len(allowed) - 1)
        return Decision(
            model=allowed[place],
            candidates=tuple(row),
            excluded=tuple(model for model in row if model in request.exclude),
            reason=_reason(request, allowed, place),
            policy_version=POLICY_VERSION,
        )

    def learn(self, outcome: Outcome) -> None:
        """Nothing: the table is as settings say."""


def _reason(request: RoutingRequest, allowed: Sequence[str], place: int) -> str:
    row = f"the row for {request.role} at {request.risk} risk"
    words = f"place {place + 1} of {len(allowed)} in {row}"
    if request.stage:
        words += f", after {request.stage} failed attempt{'s' if request.stage > 1 else ''}"
    if request.exclude:
        words += f"; {', '.join(request.exclude)} wrote what is reviewed"
    return words + "."
