"""Guests at tables, by trying."""


def seat(guests, enemies, tables, size):
    """Tables as lists so that no two enemies share one; None when it cannot be done."""
    hostile = {guest: set() for guest in guests}
    for a, b in enemies:
        hostile[a].add(b)
        hostile[b].add(a)
    plan = [[] for _ in range(tables)]

    def place(index):
        if index == len(guests):
            return True
        guest = guests[index]
        for table in plan:
            if len(table) >= size or hostile[guest] & set(table):
                continue
            table.append(guest)
            if place(index + 1):
                return True
            table.pop()
            if not table:
                break
        return False

    return plan if place(0) else None


def queens(size):
    """How many ways there are to put as many queens on a board so that none attacks another."""

    def count(row, columns, falling, rising):
        if row == size:
            return 1
        total = 0
        for column in range(size):
            if column in columns or row - column in falling or row + column in rising:
                continue
            total += count(row + 1, columns | {column}, falling | {row - column}, rising | {row + column})
        return total

    return count(0, frozenset(), frozenset(), frozenset())


def hanoi(discs, source="a", target="c", spare="b"):
    """The moves as (from, to)."""
    if discs == 0:
        return []
    moves = hanoi(discs - 1, source, spare, target)
    moves.append((source, target))
    moves.extend(hanoi(discs - 1, spare, target, source))
    return moves


def sums_to(numbers, total):
    """Choices of positive numbers, each used at most once, that add up; in order of places."""
    found = []

    def choose(start, left, chosen):
        if left == 0:
            found.append(list(chosen))
            return
        for place in range(start, len(numbers)):
            if numbers[place] <= left:
                chosen.append(numbers[place])
                choose(place + 1, left - numbers[place], chosen)
                chosen.pop()

    choose(0, total, [])
    return found
