"""Groups that grow together."""


class Groups:
    def __init__(self):
        self._parent = {}
        self._size = {}

    def find(self, member):
        """Who stands for the member's group."""
        if member not in self._parent:
            self._parent[member] = member
            self._size[member] = 1
        root = member
        while self._parent[root] != root:
            root = self._parent[root]
        while self._parent[member] != root:
            self._parent[member], member = root, self._parent[member]
        return root

    def join(self, first, second):
        """Whether they were apart before."""
        a, b = self.find(first), self.find(second)
        if a == b:
            return False
        if self._size[a] < self._size[b]:
            a, b = b, a
        self._parent[b] = a
        self._size[a] += self._size[b]
        return True

    def together(self, first, second):
        return self.find(first) == self.find(second)

    def size(self, member):
        return self._size[self.find(member)]

    def count(self):
        return sum(1 for member, parent in self._parent.items() if member == parent)


def islands(chart, land="#"):
    """Sizes of the connected pieces of land, greatest first; corners do not connect."""
    groups = Groups()
    for r, row in enumerate(chart):
        for c, sign in enumerate(row):
            if sign != land:
                continue
            groups.find((r, c))
            if c + 1 < len(row) and row[c + 1] == land:
                groups.join((r, c), (r, c + 1))
            if r + 1 < len(chart) and chart[r + 1][c] == land:
                groups.join((r, c), (r + 1, c))
    tops = {groups.find(place) for place in list(groups._parent)}
    return sorted((groups.size(top) for top in tops), reverse=True)


def cheapest_net(cables):
    """The least total length of cables (length, a, b) that connects all, and how many are used."""
    groups = Groups()
    total = used = 0
    for length, a, b in sorted(cables):
        if groups.join(a, b):
            total += length
            used += 1
    return total, used


def filled(chart, row, column, paint):
    """The chart with the area around a place painted over."""
    old = chart[row][column]
    cells = [list(line) for line in chart]
    waiting = [(row, column)]
    while waiting:
        r, c = waiting.pop()
        if not (0 <= r < len(cells) and 0 <= c < len(cells[r])):
            continue
        if cells[r][c] != old or old == paint:
            continue
        cells[r][c] = paint
        waiting += [(r + 1, c), (r - 1, c), (r, c + 1), (r, c - 1)]
    return ["".join(line) for line in cells]
