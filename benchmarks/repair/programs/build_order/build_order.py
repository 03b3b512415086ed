"""In which order things are built that need each other."""


class Circle(ValueError):
    """Things that need each other in a ring."""


def build_order(needs):
    """Names, each after all that it needs; of several the first by name. Raises: Circle."""
    names = set(needs)
    for required in needs.values():
        names.update(required)
    left = {name: set(needs.get(name, ())) for name in names}
    order = []
    while left:
        ready = sorted(name for name, required in left.items() if not required)
        if not ready:
            raise Circle(", ".join(sorted(left)))
        first = ready[0]
        order.append(first)
        del left[first]
        for required in left.values():
            required.discard(first)
    return order


def all_needed(needs, name):
    """Everything that a name needs, directly or not, without itself."""
    found = set()
    waiting = list(needs.get(name, ()))
    while waiting:
        following = waiting.pop()
        if following not in found:
            found.add(following)
            waiting.extend(needs.get(following, ()))
    return found


def levels(needs):
    """How deep each name stands: 0 needs nothing."""
    known = {}

    def level(name):
        if name not in known:
            required = needs.get(name, ())
            known[name] = 1 + max(map(level, required)) if required else 0
        return known[name]

    for name in needs:
        level(name)
    return known
