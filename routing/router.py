"""The router: asks policy who may answer, belief how likely each is to pass, and plans attempts."""

from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from math import inf

from gatewright.domain.catalogue import Card
from gatewright.domain.decision import Decision, RoutingRequest
from gatewright.domain.errors import EnvironmentFault
from gatewright.domain.outcome import Outcome
from gatewright.domain.task import Risk, Role
from routing.attempts import Attempt
from routing.floors import Eligible, Rules, eligible
from routing.history import History
from routing.posterior import Belief, beliefs, guess_scale
from routing.recording import told
from routing.strategies import Question, Weighed, chance, stages, ways
from routing.worth import Worth

Rows = Mapping[Role, Mapping[Risk, Sequence[str]]]
"""For each role and risk who may be considered, in the order of settings."""


_MOST_KNOWN = 5_000
"""Beliefs kept, of one model in one cell each."""


_Cell = tuple[str, Role, Risk, str, int | None, float]


def never(_: str) -> bool:
    """No circuit is open where there are none."""
    return False


class LearningRouter:
    """Implements the `Router` port over counts of verdicts.

    `worth` may depend on the request (a budget's pace). `ready` is awaited before a choice between
    several; what it brings (a newer read of the history) is used for that very choice. `again`:
    whether a model may try a second time with the findings, at all.
    """

    def __init__(
        self,
        cards: Iterable[Card],
        rows: Rows,
        *,
        history: History,
        rules: Rules,
        worth: Worth | Callable[[RoutingRequest], Worth],
        strategy: str = "learning",
        is_open: Callable[[str], bool] = never,
        ready: Callable[[], Awaitable[None]] | None = None,
        again: bool = True,
    ) -> None:
        self._cards = {card.name: card for card in cards}
        self._rows = rows
        self._history = history
        self._rules = rules
        self._worth = worth
        self._strategy = strategy
        self._way = ways(strategy)
        self._is_open = is_open
        self._ready = ready
        self._again = again
        self._known: dict[_Cell, tuple[tuple[int, int], list[Belief]]] = {}

    async def choose(self, request: RoutingRequest) -> Decision:
        """Raises: EnvironmentFault when nobody may answer, or none that budgets allow."""
        if self._ready is not None and len(self._eligible(request).allowed) > 1:
            await self._ready()
        return self.decide(request)

    def learn(self, outcome: Outcome) -> None:
        """Take a verdict into account from now on."""
        self._history.learn(outcome)

    def decide(self, request: RoutingRequest) -> Decision:
        """The choice itself: no waiting, no chance but the seed's.

        Raises: EnvironmentFault as `choose` does.
        """
        with self._history.lock:
            return self._decide(request)

    def _decide(self, request: RoutingRequest) -> Decision:
        who = self._eligible(request)
        scale = guess_scale(
            self._cards.values(),
            history=self._history,
            role=request.role,
            input_tokens=request.input_tokens,
        )
        held = {card.name: self._beliefs(card, request, scale) for card in who.allowed}
        firsts = [arms[0] for arms in held.values()]
        best = max(firsts, key=lambda b: (b.mean, self._strength(b)))
        # Value hangs on what the best costs. While the strong ones are unknown the best so far may
        # be a cheap one, and by its price they would never be worth a try.
        # What is free says nothing of value at all.
        priced = [belief for belief in firsts if belief.usd] or firsts
        hope = max(priced, key=lambda b: (b.hopeful, self._strength(b)))
        terms = self._worth if isinstance(self._worth, Worth) else self._worth(request)
        stakes = terms.stakes(
            request.risk,
            best_usd=hope.usd,
            pace=request.pace,
            false_accept=self._history.false_accept(request.role, assumed=terms.false_accept),
        )
        levels, dear = self._levels(held, request)
        if not levels[0]:
            raise _too_dear(request, dear)
        question = Question(levels, stakes, request.tried, request.stage)
        return told(
            request,
            plan=self._way(question).attempts,
            question=question,
            best=best,
            who=who._replace(refused=who.refused | dear),
            cards=self._cards,
            strategy=self._strategy,
        )

    def _eligible(self, request: RoutingRequest) -> Eligible:
        row = self._rows.get(request.role, {}).get(request.risk, ())
        cards = (self._cards.get(name) or Card(name=name) for name in row)
        return eligible(cards, request, self._rules, self._is_open)

    def _beliefs(self, card: Card, request: RoutingRequest, scale: float) -> list[Belief]:
        tokens = None if card.attempt_usd is not None else request.input_tokens
        key = (card.name, request.role, request.risk, request.area, tokens, scale)
        version = self._history.version(card.name)
        known = self._known.get(key)
        if known is not None and known[0] == version:
            return known[1]
        found = beliefs(
            card,
            history=self._history,
            role=request.role,
            risk=request.risk,
            area=request.area,
            input_tokens=tokens,
            scale=scale,
        )
        if len(self._known) >= _MOST_KNOWN:
            self._known.clear()
        self._known[key] = (version, found)
        return found

    def _strength(self, belief: Belief) -> tuple[int, float]:
        """Of those who are believed to be equal, the dearer is held to be better."""
        card = self._cards.get(belief.model)
        return (0 if card is None else card.tier, belief.usd or 0.0)

    def _levels(
        self, held: Mapping[str, list[Belief]], request: RoutingRequest
    ) -> tuple[tuple[tuple[Weighed, ...], ...], dict[str, str]]:
        """The arms of each attempt that is left, and who is out for its cost."""
        tried = () if self._strategy == "baseline" else request.tried
        free = [name for name in held if name not in tried] or list(held)
        last = [name for name in tried[-1:] if name in held and tried[-2:-1] != (name,)]
        found: list[list[Belief]] = []
        for stage in stages(request):
            again = [name for name in (free if found else last) if self._tries_again(name)]
            arms = [b for name in free for b in held[name] if b.stage == stage and not b.again]
            arms += [b for name in again for b in held[name] if b.stage == stage and b.again]
            found.append(arms)
        assumed = max((b.usd or 0.0 for arms in found for b in arms), default=0.0)
        most = inf if request.left_usd is None else request.left_usd
        levels = tuple(
            tuple(self._weighed(b, request, assumed) for b in arms if _usd(b, assumed) <= most)
            for arms in found
        )
        dear = {b.model: _over(b, most) for b in found[0] if _usd(b, assumed) > most}
        return levels, dear

    def _tries_again(self, name: str) -> bool:
        """What is built in gives the same answer again."""
        return self._again and not name.startswith("builtin/")

    def _weighed(self, belief: Belief, request: RoutingRequest, assumed: float) -> Weighed:
        return Weighed(
            belief,
            Attempt(
                model=belief.model,
                again=belief.again,
                stage=belief.stage,
                chance=chance(belief, seed=request.seed, strategy=self._strategy),
                usd=_usd(belief, assumed),
                seconds=belief.seconds or 0.0,
            ),
        )


def _usd(belief: Belief, assumed: float) -> float:
    """Where a price is not known, the dearest known one's is assumed."""
    return assumed if belief.usd is None else belief.usd


def _over(belief: Belief, most: float) -> str:
    cost = "its cost is not known" if belief.usd is None else f"${belief.usd:.4f} expected"
    return f"over what budgets leave: {cost}, ${most:.4f} left"


def _too_dear(request: RoutingRequest, dear: Mapping[str, str]) -> EnvironmentFault:
    reasons = "; ".join(f"{name}: {why}" for name, why in dear.items())
    return EnvironmentFault(
        f"No model may answer as {request.role} at {request.risk} risk ({reasons})",
        f"Raise the budget, or name a cheaper model in routing.{request.role}.",
    )
