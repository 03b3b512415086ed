"""A plan without what is wrong with its form, so that the rest of it can be looked at."""

from collections.abc import Iterable
from typing import Any

from gatewright.plans.documents.positions import Keys


class Mended:
    """A plan of which what is wrong was taken away, to look at the rest of it."""

    def __init__(self, raw: dict[str, Any]) -> None:
        self.raw = raw
        self.unsure: set[str] = set()
        """What stood in the place of ids."""

    def mend(self, places: Iterable[Keys]) -> bool:
        """False: too little is left."""
        enough = True
        for keys in places:
            enough = self._without(keys) and enough
        return enough

    def _without(self, keys: Keys) -> bool:
        if keys == ("plan_id",):
            self.raw["plan_id"] = "plan"
            return True
        if not keys or keys == ("steps",):
            return False
        parent: Any = self.raw
        for key in keys[:-1]:
            try:
                parent = parent[key]
            except (KeyError, IndexError, TypeError):
                return True  # What holds it is gone already.
        last = keys[-1]
        if isinstance(parent, list) and isinstance(last, int):
            parent[last] = self._instead(keys)
        elif isinstance(parent, dict):
            self._take(parent, keys, str(last))
        return True

    def _instead(self, keys: Keys) -> Any:
        if keys[0] == "steps" and len(keys) == 2:
            return {"id": f"_{keys[1]}", "command": "true"}
        if "success_codes" in keys:
            return 0
        self.unsure.add("")
        return ""

    def _take(self, parent: dict[str, Any], keys: Keys, last: str) -> None:
        was = parent.pop(last, None)
        if keys[0] == "variables" and last == "pattern":
            # Any: what the pattern allows would be told of as not allowed.
            parent["pattern"] = r"[\s\S]*"
        if keys[0] != "steps" or len(keys) != 3:
            return
        if last == "id":
            parent["id"] = f"_{keys[1]}"
            self.unsure |= {was} if isinstance(was, str) else set()
        elif last == "command":
            parent["command"] = "true"
        elif last == "depends_on" and isinstance(was, str):
            # Meant as a list of one.
            parent["depends_on"] = [was]
