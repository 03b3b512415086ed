"""The way through the warehouse when an order is picked."""

from collections import deque

from stockroom.errors import Invalid, Unknown


class Floor:
    """A plan of signs: # is a wall, letters are places, anything else can be walked on."""

    def __init__(self, plan):
        self.rows = plan.strip("\n").split("\n")
        self.places = {}
        for r, row in enumerate(self.rows):
            for c, sign in enumerate(row):
                if sign.isalpha():
                    if sign in self.places:
                        raise Invalid(f"{sign} is twice on the plan", subject=sign)
                    self.places[sign] = (r, c)

    def is_free(self, r, c):
        return 0 <= r < len(self.rows) and 0 <= c < len(self.rows[r]) and self.rows[r][c] != "#"

    def distances(self, place):
        """Steps to every other place that can be reached."""
        if place not in self.places:
            raise Unknown(f"no place {place!r}", subject=place)
        start = self.places[place]
        steps = {start: 0}
        queue = deque([start])
        while queue:
            r, c = queue.popleft()
            for near in ((r + 1, c), (r - 1, c), (r, c + 1), (r, c - 1)):
                if near not in steps and self.is_free(*near):
                    steps[near] = steps[r, c] + 1
                    queue.append(near)
        return {name: steps[spot] for name, spot in self.places.items() if spot in steps}

    def tour(self, start, stops):
        """A round trip over all stops, always to the nearest one left: (steps, places)."""
        way = [start]
        left = sorted(set(stops) - {start})
        total = 0
        here = start
        while left:
            near = self.distances(here)
            reachable = [stop for stop in left if stop in near]
            if not reachable:
                raise Unknown(f"no way from {here} to {left[0]}", subject=left[0])
            following = min(reachable, key=lambda stop: (near[stop], stop))
            total += near[following]
            way.append(following)
            left.remove(following)
            here = following
        total += self.distances(here)[start]
        way.append(start)
        return total, way

    def best_tour(self, start, stops):
        """The shortest round trip, by trying all orders; for few stops."""
        stops = sorted(set(stops) - {start})
        near = {place: self.distances(place) for place in [start, *stops]}
        best = None

        def go(here, left, steps, way):
            nonlocal best
            if best is not None and steps >= best[0]:
                return
            if not left:
                total = steps + near[here][start]
                if best is None or total < best[0]:
                    best = (total, [*way, start])
                return
            for stop in left:
                if stop in near[here]:
                    rest = [other for other in left if other != stop]
                    go(stop, rest, steps + near[here][stop], [*way, stop])

        go(start, stops, 0, [start])
        if best is None:
            raise Unknown("some stop cannot be reached")
        return best


def packed(weights, limit):
    """Boxes of indexes so that none is heavier than the limit: heaviest first, first box that fits."""
    if any(weight > limit for weight in weights):
        raise Invalid("something is heavier than a box may be")
    boxes = []
    loads = []
    for index in sorted(range(len(weights)), key=lambda n: (-weights[n], n)):
        for box in range(len(boxes)):
            if loads[box] + weights[index] <= limit:
                boxes[box].append(index)
                loads[box] += weights[index]
                break
        else:
            boxes.append([index])
            loads.append(weights[index])
    return boxes
