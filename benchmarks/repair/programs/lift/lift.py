"""A lift that goes on in its direction while somebody wants to."""


class Lift:
    def __init__(self, floors, start=0):
        self.floors = floors
        self.floor = start
        self.direction = 0
        self.wanted = set()
        self.visited = []

    def call(self, floor):
        if not 0 <= floor < self.floors:
            raise ValueError(floor)
        if floor != self.floor:
            self.wanted.add(floor)

    def step(self):
        """One floor on, or a stop; whether there was anything to do."""
        if not self.wanted:
            self.direction = 0
            return False
        if self.direction == 0:
            nearest = min(self.wanted, key=lambda floor: (abs(floor - self.floor), floor))
            self.direction = 1 if nearest > self.floor else -1
        elif not self._ahead():
            self.direction = -self.direction
        self.floor += self.direction
        if self.floor in self.wanted:
            self.wanted.remove(self.floor)
            self.visited.append(self.floor)
        return True

    def run(self, limit=1000):
        """Until nobody waits; the number of steps."""
        steps = 0
        while steps < limit and self.step():
            steps += 1
        return steps

    def _ahead(self):
        return any((floor - self.floor) * self.direction > 0 for floor in self.wanted)


def best_parking(calls):
    """The floor from which all calls together are nearest; the lowest of equals."""
    if not calls:
        return 0
    return min(range(max(calls) + 1), key=lambda floor: (sum(abs(floor - c) for c in calls), floor))
