"""What can be seen and kept on a row of houses, given by their heights."""


def next_higher(heights):
    """For each house the index of the next higher one to the right, or -1."""
    found = [-1] * len(heights)
    waiting = []
    for place, height in enumerate(heights):
        while waiting and heights[waiting[-1]] < height:
            found[waiting.pop()] = place
        waiting.append(place)
    return found


def rain(heights):
    """How much water stays between the houses."""
    left, right = 0, len(heights) - 1
    wall_left = wall_right = 0
    water = 0
    while left < right:
        if heights[left] < heights[right]:
            wall_left = max(wall_left, heights[left])
            water += wall_left - heights[left]
            left += 1
        else:
            wall_right = max(wall_right, heights[right])
            water += wall_right - heights[right]
            right -= 1
    return water


def largest_poster(heights):
    """The area of the largest rectangle on the fronts."""
    best = 0
    stack = []
    for place, height in enumerate(list(heights) + [0]):
        start = place
        while stack and stack[-1][1] >= height:
            start, top = stack.pop()
            best = max(best, top * (place - start))
        stack.append((start, height))
    return best


def best_stretch(changes):
    """The greatest sum of neighbouring changes; at least one is taken."""
    best = current = changes[0]
    for change in changes[1:]:
        current = max(change, current + change)
        best = max(best, current)
    return best


def longest_rise(heights):
    """The length of the longest rising choice of houses, from left to right."""
    lengths = []
    for place, height in enumerate(heights):
        before = [lengths[k] for k in range(place) if heights[k] < height]
        lengths.append(1 + max(before, default=0))
    return max(lengths, default=0)


def visible(heights):
    """Indexes of the houses that are seen from the left."""
    seen = []
    highest = 0
    for place, height in enumerate(heights):
        if height > highest:
            seen.append(place)
            highest = height
    return seen
