"""How far two words are apart, and which known word was meant."""


def distance(first, second):
    """Letters to be inserted, deleted or replaced."""
    row = list(range(len(second) + 1))
    for i, a in enumerate(first, start=1):
        previous = row
        row = [i]
        for j, b in enumerate(second, start=1):
            cost = 0 if a == b else 1
            row.append(min(previous[j] + 1, row[j - 1] + 1, previous[j - 1] + cost))
    return row[-1]


def suggest(word, known, limit=2):
    """The known words within the limit, nearest first, then by the alphabet."""
    found = []
    for candidate in known:
        if abs(len(candidate) - len(word)) > limit:
            continue
        far = distance(word, candidate)
        if far <= limit:
            found.append((far, candidate))
    return [candidate for _, candidate in sorted(found)]


def common_prefix(words):
    if not words:
        return ""
    first, last = min(words), max(words)
    for place, letter in enumerate(first):
        if place >= len(last) or last[place] != letter:
            return first[:place]
    return first


def swapped_letters(first, second):
    """Whether one swap of neighbouring letters turns one into the other."""
    if len(first) != len(second):
        return False
    different = [place for place in range(len(first)) if first[place] != second[place]]
    if len(different) != 2:
        return False
    i, j = different
    return j == i + 1 and first[i] == second[j] and first[j] == second[i]
