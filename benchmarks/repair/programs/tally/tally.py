"""Words and numbers counted."""

from collections import Counter, defaultdict


def words(text):
    """Lower case, without the signs around them."""
    found = []
    for raw in text.lower().split():
        word = raw.strip(".,;:!?\"'()")
        if word:
            found.append(word)
    return found


def most_common(text, limit=3, least=1):
    """(word, count), the most frequent first, then by the alphabet."""
    counts = Counter(words(text))
    ranked = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
    return [(word, count) for word, count in ranked if count >= least][:limit]


def index(lines):
    """Line numbers, from 1, by word."""
    found = defaultdict(list)
    for number, line in enumerate(lines, start=1):
        for word in words(line):
            if not found[word] or found[word][-1] != number:
                found[word].append(number)
    return dict(found)


def anagrams(some):
    """Groups of at least two words with the same letters, in the order they came."""
    groups = {}
    for word in some:
        groups.setdefault("".join(sorted(word.lower())), []).append(word)
    return [group for group in groups.values() if len(group) > 1]


def histogram(values, width):
    """(start, count) of each bin of that width with values in it, by start."""
    bins = Counter(value // width * width for value in values)
    return sorted(bins.items())


def pairs_with_sum(numbers, total):
    """Pairs of different places whose numbers add up, each pair of values once, the smaller first."""
    seen = set()
    found = set()
    for number in numbers:
        other = total - number
        if other in seen:
            found.add((min(number, other), max(number, other)))
        seen.add(number)
    return sorted(found)


def mode(values):
    """The most frequent value, the first to come of equals; None of nothing."""
    best = None
    counts = {}
    for value in values:
        counts[value] = counts.get(value, 0) + 1
    for value in values:
        if best is None or counts[value] > counts[best]:
            best = value
    return best
