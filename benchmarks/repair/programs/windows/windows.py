"""Iterators over iterators."""

from collections import deque
from itertools import islice


def sliding(items, size):
    """Tuples of so many items in a row."""
    if size < 1:
        raise ValueError(size)
    window = deque(maxlen=size)
    for item in items:
        window.append(item)
        if len(window) == size:
            yield tuple(window)


def batches(items, size):
    """Lists of so many items; the last may be shorter."""
    source = iter(items)
    while True:
        batch = list(islice(source, size))
        if not batch:
            return
        yield batch


def flat(nested):
    """The leaves of nested lists and tuples."""
    for item in nested:
        if isinstance(item, (list, tuple)):
            yield from flat(item)
        else:
            yield item


def groups(items, key):
    """Runs of items with the same key, as (key, list) pairs."""
    nothing = object()
    current, members = nothing, []
    for item in items:
        name = key(item)
        if name != current:
            if current is not nothing:
                yield current, members
            current, members = name, []
        members.append(item)
    if members:
        yield current, members


def alternate(*sources):
    """One item of each source in turn, until all are empty."""
    waiting = deque(iter(source) for source in sources)
    while waiting:
        source = waiting.popleft()
        try:
            item = next(source)
        except StopIteration:
            continue
        yield item
        waiting.append(source)


def until_repeated(items):
    """Items up to, and without, the first that was there before."""
    seen = set()
    for item in items:
        if item in seen:
            return
        seen.add(item)
        yield item
