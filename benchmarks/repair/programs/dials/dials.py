"""Readings of a dial over time."""


def smoothed(readings, weight):
    """Each reading drawn towards the ones before; weight 1 leaves them alone."""
    out = []
    current = None
    for reading in readings:
        current = reading if current is None else weight * reading + (1 - weight) * current
        out.append(current)
    return out


def steps(readings):
    """Differences of neighbours."""
    return [b - a for a, b in zip(readings, readings[1:])]


def turns(readings, top):
    """The whole way of a dial that begins again at 0 after the top."""
    total = 0
    for step in steps(readings):
        if step < 0:
            step += top
        total += step
    return total


def outliers(readings, factor=2):
    """Indexes of readings further from the mean than so many times the mean distance."""
    if not readings:
        return []
    mean = sum(readings) / len(readings)
    distances = [abs(reading - mean) for reading in readings]
    limit = factor * sum(distances) / len(distances)
    return [n for n, distance in enumerate(distances) if distance > limit]


def filled(readings):
    """None between readings replaced along a line, at the ends by the nearest."""
    known = [n for n, reading in enumerate(readings) if reading is not None]
    if not known:
        return list(readings)
    out = list(readings)
    for n in range(len(out)):
        if out[n] is not None:
            continue
        left = max((k for k in known if k < n), default=None)
        right = min((k for k in known if k > n), default=None)
        if left is None:
            out[n] = readings[right]
        elif right is None:
            out[n] = readings[left]
        else:
            share = (n - left) / (right - left)
            out[n] = readings[left] + share * (readings[right] - readings[left])
    return out


def crossings(readings, level):
    """Indexes where the readings come to or above the level from below."""
    found = []
    for n in range(1, len(readings)):
        if readings[n - 1] < level <= readings[n]:
            found.append(n)
    return found


def alarms(readings, high, low):
    """(index, on) whenever an alarm goes on above high, and off again below low."""
    events = []
    on = False
    for n, reading in enumerate(readings):
        if not on and reading > high:
            on = True
            events.append((n, on))
        elif on and reading < low:
            on = False
            events.append((n, on))
    return events
