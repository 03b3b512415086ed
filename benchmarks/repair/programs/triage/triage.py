"""A queue by urgency: the most urgent first, of equals the one that came first."""


class Triage:
    def __init__(self):
        self._heap = []
        self._arrivals = 0

    def __len__(self):
        return len(self._heap)

    def admit(self, name, urgency):
        """A greater urgency is served earlier."""
        self._arrivals += 1
        self._heap.append((-urgency, self._arrivals, name))
        self._rise(len(self._heap) - 1)

    def peek(self):
        if not self._heap:
            return None
        return self._heap[0][2]

    def serve(self):
        """Raises: IndexError when nobody waits."""
        if not self._heap:
            raise IndexError("nobody waits")
        first = self._heap[0]
        last = self._heap.pop()
        if self._heap:
            self._heap[0] = last
            self._sink(0)
        return first[2]

    def _rise(self, place):
        while place > 0:
            parent = (place - 1) // 2
            if self._heap[parent] <= self._heap[place]:
                break
            self._swap(parent, place)
            place = parent

    def _sink(self, place):
        size = len(self._heap)
        while True:
            least = place
            for child in (2 * place + 1, 2 * place + 2):
                if child < size and self._heap[child] < self._heap[least]:
                    least = child
            if least == place:
                return
            self._swap(place, least)
            place = least

    def _swap(self, a, b):
        self._heap[a], self._heap[b] = self._heap[b], self._heap[a]
