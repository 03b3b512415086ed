"""Shortest ways through a metro network."""

from collections import deque


def network(lines):
    """Stations and their neighbours, from lines given as lists of stations."""
    links = {}
    for stations in lines:
        for here, there in zip(stations, stations[1:]):
            links.setdefault(here, set()).add(there)
            links.setdefault(there, set()).add(here)
    return links


def stops(links, start, goal):
    """The number of stops between two stations, None when there is no way."""
    if start == goal:
        return 0
    seen = {start}
    queue = deque([(start, 0)])
    while queue:
        station, distance = queue.popleft()
        for following in links.get(station, ()):
            if following in seen:
                continue
            if following == goal:
                return distance + 1
            seen.add(following)
            queue.append((following, distance + 1))
    return None


def route(links, start, goal):
    """The stations of one shortest way, both ends in it; [] when there is none."""
    came_from = {start: None}
    queue = deque([start])
    while queue:
        station = queue.popleft()
        if station == goal:
            break
        for following in sorted(links.get(station, ())):
            if following not in came_from:
                came_from[following] = station
                queue.append(following)
    if goal not in came_from:
        return []
    way = []
    station = goal
    while station is not None:
        way.append(station)
        station = came_from[station]
    return way[::-1]


def within(links, start, distance):
    """All stations at most so many stops away."""
    reached = {start}
    edge = {start}
    for _ in range(distance):
        edge = {n for station in edge for n in links.get(station, ())} - reached
        reached |= edge
    return reached
