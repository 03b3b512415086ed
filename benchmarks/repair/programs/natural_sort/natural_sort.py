"""Merge sort that starts from the runs that are there already."""


def runs(items):
    """Cut a list into its longest non-descending runs."""
    found = []
    current = []
    for item in items:
        if current and item < current[-1]:
            found.append(current)
            current = []
        current.append(item)
    if current:
        found.append(current)
    return found


def merged(left, right):
    """Two sorted lists as one; of equals the left one comes first."""
    result = []
    i = j = 0
    while i < len(left) and j < len(right):
        if right[j] < left[i]:
            result.append(right[j])
            j += 1
        else:
            result.append(left[i])
            i += 1
    result.extend(left[i:])
    result.extend(right[j:])
    return result


def natural_sort(items):
    """A new sorted list."""
    queue = runs(items)
    while len(queue) > 1:
        paired = []
        for place in range(0, len(queue) - 1, 2):
            paired.append(merged(queue[place], queue[place + 1]))
        if len(queue) % 2 == 1:
            paired.append(queue[-1])
        queue = paired
    return queue[0] if queue else []
