"""Small functions with one bug each: for every operator, the wrong and the right text."""

from typing import NamedTuple


class Bug(NamedTuple):
    """What is wrong, what is right, and how soon the right text must come."""

    code: str
    wrong: str
    right: str
    rank: int = 150

    @property
    def fixed(self) -> str:
        """The text as it should be."""
        assert self.code.count(self.wrong) == 1, self.wrong
        return self.code.replace(self.wrong, self.right)


MASK = """\
def permissions(groups):
    mask = 0
    for group in groups:
        mask ^= group.bits
    return mask
"""
STATIONS = """\
def within(lines, home, fare):
    todo = [(home, 0)]
    met = set()
    while True:
        stop, paid = todo.pop()
        if paid > fare or stop in met:
            continue
        met.add(stop)
        for nearby, price in lines[stop]:
            todo.append((nearby, paid + price))
    return met
"""
VOTES = """\
def winners(ballots, seats):
    tally = {}
    for name in ballots:
        tally[name] = tally.get(name, 0) + 1
    ranked = sorted(ballots, key=tally.get)
    return ranked[:seats]
"""
UNIQUE = """\
def first_of_each(rows, key):
    met = set()
    out = []
    for row in rows:
        if row[key] in met:
            continue
        out.append(row)
    return out
"""
FOLDER = """\
def depth(folder):
    steps = 0
    while folder.parent.name != "/":
        folder = folder.parent
        steps += 1
    return steps
"""
PAGES = """\
def page_of(offsets, byte):
    first, last = 0, len(offsets)
    while first <= last:
        middle = (first + last) // 2
        if offsets[middle] > byte:
            last = middle
        else:
            first = middle + 1
    return first - 1
"""
FLATTENED = """\
def names(folder):
    for entry in folder:
        if isinstance(entry, dict):
            names(entry.values())
        else:
            yield str(entry)
"""
LEVELS = """\
def levels(menu, depth):
    if not menu:
        return []
    below = [item for entry in menu for item in entry["sub"]]
    return [(depth, len(menu))] + levels(below, depth)
"""
WEIGHT = """\
def weight(box, unit):
    if box.inside is None:
        return box.own
    return box.own + weight(unit, box.inside)
"""
CHANGE = """\
def spread(total, parts):
    if parts == 1:
        return []
    share = total // parts
    return [share] + spread(total - share, parts - 1)
"""
AGENDA = """\
def agenda(slots, start, end):
    free = []
    for begin, finish in slots:
        if start < begin:
            free.append((start, finish))
        start = max(start, finish)
    return free
"""
LEDGER = """\
def settles(entries):
    balance = 0
    for entry in entries:
        balance += entry.amount
        if balance < entry.limit:
            return False
    return True
"""
ROUNDS = """\
def after_warm_up(laps, skip):
    best = None
    for lap in laps:
        if best is None or lap < best:
            best = lap
    return best
"""
DRAWERS = """\
def drawer(sizes, number):
    if number < sizes[0]:
        return 0
    return 1 + drawer(sizes[1:], number)
"""
MAZE = """\
def paths(grid, row, col):
    if row == 0 or col == 0:
        return 1
    return grid[row - 1, col] + grid[row, col - 1] + grid[row - 1, col]
"""
TAXES = """\
def tax(income, bands):
    if not bands:
        return 0
    low, rate = bands[0]
    return 1 + tax(income, bands[1:])
"""
PEAK = """\
def peak(readings):
    highest = 0
    for reading in readings:
        level = reading.value * reading.gain
        highest = level
    return highest
"""
TANK = """\
def tank(flows):
    level = 0
    for flow in flows:
        level = level + flow
    return level
"""
SPLIT = """\
def balanced(weights):
    if len(weights) == 0:
        return weights
    half = len(weights) // 2
    left, right = balanced(weights[:half]), balanced(weights[half:])
    return left + right if sum(left) > sum(right) else right + left
"""
TEAMS = """\
def merge(teams, one, two):
    teams[one].update(teams[two])
    for member in teams[two]:
        teams[member].update(teams[one])
    return teams
"""
BANNER = """\
def banner(text, width):
    pad = width - len(text)
    return "|" + " " * pad + text + "|"
"""
CALENDAR = """\
def weeks(start, days):
    out = []
    for day in range(start, days):
        if day % 7 == 0:
            out.append(day)
    return out
"""
MENU = """\
def combinations(dishes, budget):
    if budget < 0:
        return 0
    if budget == 0:
        return 1
    dish, *others = dishes
    return combinations(others, budget - dish.price) + combinations(others, budget)
"""
OPTIONS = """\
def prefixes(word):
    if not word:
        return [""]
    shorter = prefixes(word[:-1])
    return [word]
"""
SORTED_ROWS = """\
def rank(scores, mine):
    ahead = [score for score in scores if score > mine]
    behind = [score for score in scores if score < mine]
    return len(ahead), len(behind)
"""
STEPS = """\
def climbs(track):
    climbs = 0
    before = track[0]
    for height in track[1:]:
        if height > before:
            climbs += 1
    return climbs
"""
FORMULA = """\
def apply(program, stack):
    for step in program:
        if callable(step):
            right, left = stack.pop(), stack.pop()
            stack.append(step(right, left))
        else:
            stack.append(step)
    return stack.pop()
"""
SHIPPING = """\
def shipping(rates, zones, start):
    spent = 0
    for zone in zones:
        spent = fee(rates, zone) + rates[start, zone]
        start = zone
    return spent


def fee(rates, zone):
    return min(rates.get((zone, other), 0) for other in rates)
"""
FLIGHTS = """\
def fares(direct, towns):
    best = dict(direct)
    for via in towns:
        for here in towns:
            for there in towns:
                changed = best[here, via] + best[there, via]
                best[here, there] = min(best[here, there], changed)
    return best
"""
DUE = """\
def due(tasks, lengths):
    when = {task: 0 for task in lengths}
    for task, before in tasks:
        lengths[task, before] = max(when[task], when[before] + lengths[before])
    return when
"""
BRACKETS = """\
def indent(tokens, opens):
    out = []
    held = []
    for token in tokens:
        if token in opens:
            out.append(len(held))
        elif held:
            held.pop()
    return out
"""
SIEVE = """\
def isolated(points, reach):
    kept = []
    for point in points:
        if any(abs(point - other) > reach for other in kept):
            kept.append(point)
    return kept
"""
MIXED = """\
def distance(x, y, radius):
    return x**2 + y**2 <= radius
"""
SEATS = """\
def seatings(guests):
    if not guests:
        return []
    return [[guests[0]] + rest for rest in seatings(guests[1:])]
"""
BINARY = """\
def roman(number, signs):
    text = ""
    for sign, worth in signs:
        while number >= worth:
            text = sign + text
            number -= worth
    return text
"""
READY = """\
def ready(jobs):
    done = []
    for job in jobs:
        if all(need in done for need in job.blocks):
            done.append(job)
        elif job.needs:
            job.late = True
    return done
"""
CHUNKS = """\
def paragraphs(lines):
    out = []
    part = []
    for line in lines:
        if line:
            part.append(line)
        elif part:
            out.append(part)
            part = []
    return out
"""
STOCK = """\
def reorder(stock, least):
    wanted = {}
    for item, count in stock.items():
        if count < least:
            wanted[item] = least
    return wanted
"""
COLUMNS = """\
def columns(rows):
    widths = []
    for row in rows:
        for place, cell in enumerate(row):
            if place >= len(widths):
                widths.append(0)
            widths[place] = max(widths[place], len(cell))
    return widths
"""
COUNTER = """\
def runs(text):
    out = []
    count = 1
    for place in range(len(text)):
        if text[place] == text[place - 1] and place > 0:
            count += 1
        else:
            count = 1
        out.append(count)
    return out
"""
NESTED = """\
def grid(width, height):
    rows = []
    for y in range(height):
        row = []
        for x in range(width):
            row.append(x * y)
            rows.append(row)
    return rows
"""
ACCOUNT = """\
class Account:
    def __init__(self, owner, limit=0):
        self.owner = owner
        self.limit = limit
        self.entries = []

    def free(self):
        return self.limit - sum(self.entries)

    def describe(self):
        return self.owner, self.free

    def built(owner):
        return Account(owner)

    def copied(self):
        other = Account(self.owner, self.limit)
        other.entries = self.entries
        return other
"""
CLIENT = """\
async def fetch(session, address):
    reply = await session.get(address)
    return reply.text()


async def both(session, one, two):
    return fetch(session, one), await fetch(session, two)
"""
PARSER = """\
def number(text, default):
    try:
        return int(text) / 10
    except KeyError:
        return default
"""
SHAPES = """\
def keep(rows, wanted, seen=[]):
    for row in rows:
        if not row.open and row.name in wanted:
            seen.append(row.tags)
    average = len(seen) + len(rows) / 2
    return seen, average
"""
LABELS = """\
def label(person, titles):
    title = titles.get(person.kind, person.kind)
    if title is "":
        return person.name.rstrip()
    return title + " " + person.name
"""
EMPTY = """\
def mean(values):
    total = 0
    for value in values:
        total += value
    return total / len(values)
"""
NO_RETURN = """\
def squares(limit):
    out = []
    for number in range(limit):
        out.append(number * number)
"""
BREAKS = """\
def upto(words, stop):
    out = []
    for word in words:
        if word == stop:
            out.append(".")
        out.append(word)
    return out
"""
SWAPPED = """\
def lap(times, finish):
    start = 0
    laps = []
    for time in times:
        start = time
        laps.append(time - start)
    return laps
"""
DELETED = """\
def totals(rows):
    out = {}
    for row in rows:
        out = {}
        out[row.name] = row.amount
    return out
"""
HELPERS = """\
def clean(text, strict):
    return strip(text) if strict else text


def strip(text, strict):
    return text.strip() if strict else text.lstrip()
"""
MIRRORED = """\
def both_ways(items):
    back = items
    back.reverse()
    return items + back
"""

BUGS: dict[str, Bug] = {
    "augmented operator": Bug(MASK, "mask ^=", "mask |=", 30),
    "while True": Bug(STATIONS, "while True", "while todo", 60),
    "argument by a name": Bug(VOTES, "sorted(ballots,", "sorted(tally,", 60),
    "missing add": Bug(
        UNIQUE, "out.append(row)\n", "out.append(row)\n        met.add(row[key])\n", 200
    ),
    "condition weakened by None": Bug(
        FOLDER,
        'while folder.parent.name != "/"',
        'while folder.parent is not None and folder.parent.name != "/"',
        200,
    ),
    "boundary": Bug(PAGES, "first <= last", "first < last", 20),
    "yield from missing": Bug(FLATTENED, "    names(entry", "    yield from names(entry", 60),
    "unwrapped": Bug(FLATTENED, "str(entry)", "entry", 60),
    "recursion one further": Bug(LEVELS, "levels(below, depth)", "levels(below, depth + 1)", 60),
    "arguments swapped": Bug(WEIGHT, "weight(unit, box.inside)", "weight(box.inside, unit)", 60),
    "early return of a list": Bug(CHANGE, "return []", "return [total]", 60),
    "empty choice": Bug(SEATS, "return []", "return [[]]", 60),
    "name of the scope": Bug(AGENDA, "(start, finish))", "(start, begin))", 250),
    "missing last part": Bug(
        AGENDA, "    return free", "    free.append((start, end))\n    return free", 900
    ),
    "flag to comparison": Bug(LEDGER, "return True", "return balance == 0", 60),
    "rest of a collection": Bug(ROUNDS, "in laps:", "in laps[skip:]:", 60),
    "name taken off": Bug(
        DRAWERS, "drawer(sizes[1:], number)", "drawer(sizes[1:], number - sizes[0])", 500
    ),
    "index pair": Bug(MAZE, "col - 1] + grid[row - 1, col]", "col - 1] + grid[row - 1, col - 1]"),
    "term dropped": Bug(TAXES, "1 + tax", "tax", 60),
    "maximum with itself": Bug(PEAK, "highest = level", "highest = max(highest, level)", 60),
    "never below zero": Bug(TANK, "level + flow", "max(0, level + flow)", 60),
    "operator and number": Bug(SPLIT, "== 0", "<= 1", 150),
    "assignment for update": Bug(
        TEAMS, "teams[member].update(teams[one])", "teams[member] = teams[one]", 60
    ),
    "call one off": Bug(BANNER, "width - len(text)", "width - len(text) - 2", 300),
    "range one off": Bug(CALENDAR, "range(start, days)", "range(start, days + 1)", 40),
    "condition weakened by emptiness": Bug(MENU, "budget < 0", "budget < 0 or not dishes", 150),
    "concatenation": Bug(OPTIONS, "return [word]", "return shorter + [word]", 60),
    "strictness": Bug(SORTED_ROWS, "score < mine", "score <= mine", 20),
    "assignment missing in a loop": Bug(
        STEPS,
        "            climbs += 1\n",
        "            climbs += 1\n        before = height\n",
        100,
    ),
    "call arguments swapped": Bug(FORMULA, "step(right, left)", "step(left, right)", 40),
    "name for a call": Bug(SHIPPING, "fee(rates, zone) + rates", "spent + rates", 200),
    "index swapped": Bug(FLIGHTS, "best[there, via]", "best[via, there]", 100),
    "other target": Bug(DUE, "lengths[task, before] =", "when[task] =", 60),
    "append missing": Bug(
        BRACKETS,
        "out.append(len(held))\n",
        "out.append(len(held))\n            held.append(token)\n",
        150,
    ),
    "twin": Bug(SIEVE, "any(", "all(", 20),
    "squared": Bug(MIXED, "<= radius", "<= radius**2", 100),
    "text put after": Bug(BINARY, "sign + text", "text + sign", 60),
    "attribute": Bug(READY, "job.blocks", "job.needs", 100),
    "last part forgotten": Bug(
        CHUNKS, "    return out", "    out.append(part)\n    return out", 150
    ),
    "term missing": Bug(STOCK, "= least", "= least - count", 100),
    "length for the thing": Bug(
        COLUMNS.replace("len(cell)", "cell"), "[place], cell", "[place], len(cell)", 800
    ),
    "operands turned": Bug(
        STOCK.replace("= least", "= count - least"), "count - least", "least - count", 60
    ),
    "missing condition": Bug(
        COUNTER.replace(" and place > 0", ""),
        "text[place - 1]",
        "text[place - 1] and place > 0",
        1200,
    ),
    "surplus condition": Bug(COUNTER, " and place > 0", "", 150),
    "and for or": Bug(COUNTER, "] and ", "] or ", 60),
    "moved out of a block": Bug(
        NESTED, "            rows.append(row)", "        rows.append(row)", 60
    ),
    "moved into a block": Bug(
        NESTED.replace("            rows.append", "    rows.append"),
        "    rows.append(row)",
        "        rows.append(row)",
        200,
    ),
    "missing call": Bug(ACCOUNT, "self.free\n", "self.free()\n", 60),
    "missing decorator": Bug(ACCOUNT, "    def built", "    @staticmethod\n    def built", 100),
    "alias for a copy": Bug(ACCOUNT, "= self.entries\n", "= list(self.entries)\n", 150),
    "missing await": Bug(CLIENT, "return fetch(", "return await fetch(", 60),
    "surplus await": Bug(CLIENT, "await session.get", "session.get", 100),
    "wrong exception": Bug(PARSER, "KeyError", "ValueError", 100),
    "more exceptions": Bug(PARSER, "KeyError", "(KeyError, ValueError)", 60),
    "float for integer division": Bug(PARSER, "/ 10", "// 10", 20),
    "shared default": Bug(
        SHAPES, "seen=[]):\n", "seen=None):\n    if seen is None:\n        seen = []\n", 60
    ),
    "not too tight": Bug(
        SHAPES, "not row.open and row.name in wanted", "not (row.open and row.name in wanted)", 100
    ),
    "parentheses missing": Bug(
        SHAPES, "len(seen) + len(rows) / 2", "(len(seen) + len(rows)) / 2", 100
    ),
    "append for extend": Bug(SHAPES, "seen.append", "seen.extend", 60),
    "is for ==": Bug(LABELS, 'title is ""', 'title == ""', 60),
    "string method": Bug(LABELS, "rstrip", "strip", 60),
    "text constant": Bug(BANNER, 'text + "|"', 'text + " "', 60),
    "base case missing": Bug(
        EMPTY, "    total = 0\n", "    if not values:\n        return 0\n    total = 0\n", 200
    ),
    "return missing": Bug(
        NO_RETURN, "(number * number)\n", "(number * number)\n    return out\n", 30
    ),
    "break missing": Bug(BREAKS, 'out.append(".")\n', 'out.append(".")\n            break\n', 100),
    "neighbours swapped": Bug(
        SWAPPED,
        "start = time\n        laps.append(time - start)",
        "laps.append(time - start)\n        start = time",
        150,
    ),
    "statement too many": Bug(
        DELETED, "    for row in rows:\n        out = {}\n", "    for row in rows:\n", 60
    ),
    "argument missing": Bug(HELPERS, "strip(text) if", "strip(text, strict) if", 30),
    "copied before changed": Bug(MIRRORED, "back = items", "back = list(items)", 60),
}
