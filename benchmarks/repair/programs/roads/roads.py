"""Shortest ways on roads with lengths."""

import heapq


class Map:
    def __init__(self, roads=(), both_ways=True):
        self.roads = {}
        for start, end, length in roads:
            self.add(start, end, length)
            if both_ways:
                self.add(end, start, length)

    def add(self, start, end, length):
        self.roads.setdefault(start, {})[end] = length
        self.roads.setdefault(end, {})

    def distances(self, start):
        """How far every place is that can be reached."""
        known = {}
        heap = [(0, start)]
        while heap:
            distance, place = heapq.heappop(heap)
            if place in known:
                continue
            known[place] = distance
            for following, length in self.roads.get(place, {}).items():
                if following not in known:
                    heapq.heappush(heap, (distance + length, following))
        return known

    def way(self, start, goal):
        """(length, places); None when there is no way."""
        heap = [(0, [start])]
        done = set()
        while heap:
            distance, places = heapq.heappop(heap)
            here = places[-1]
            if here == goal:
                return distance, places
            if here in done:
                continue
            done.add(here)
            for following, length in self.roads.get(here, {}).items():
                heapq.heappush(heap, (distance + length, places + [following]))
        return None

    def centre(self):
        """The place whose farthest place is nearest; the first by name of equals."""
        best = None
        for place in sorted(self.roads):
            farthest = max(self.distances(place).values())
            if best is None or farthest < best[0]:
                best = (farthest, place)
        return best[1] if best else None


def all_pairs(roads):
    """Least lengths by (start, end), for one-way roads that may be of negative length."""
    places = sorted({place for start, end, _ in roads for place in (start, end)})
    table = {(a, b): 0 if a == b else float("inf") for a in places for b in places}
    for start, end, length in roads:
        table[start, end] = min(table[start, end], length)
    for middle in places:
        for a in places:
            for b in places:
                through = table[a, middle] + table[middle, b]
                if through < table[a, b]:
                    table[a, b] = through
    return table
