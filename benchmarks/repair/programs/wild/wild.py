"""File name patterns: ? is any letter, * any letters, ** any folders."""


def matches(pattern, name):
    """Whether the whole name matches; * does not cross a slash."""
    if not pattern:
        return not name
    if pattern.startswith("**/"):
        rest = pattern[3:]
        if matches(rest, name):
            return True
        slash = name.find("/")
        return slash >= 0 and matches(pattern, name[slash + 1 :])
    first = pattern[0]
    if first == "*":
        if matches(pattern[1:], name):
            return True
        return bool(name) and name[0] != "/" and matches(pattern, name[1:])
    if not name:
        return False
    if first == "?":
        return name[0] != "/" and matches(pattern[1:], name[1:])
    return first == name[0] and matches(pattern[1:], name[1:])


def select(names, include=("**/*",), exclude=()):
    """The names that some pattern of include matches and none of exclude."""
    chosen = []
    for name in names:
        if not any(matches(pattern, name) for pattern in include):
            continue
        if any(matches(pattern, name) for pattern in exclude):
            continue
        chosen.append(name)
    return chosen


def specific(patterns, name):
    """The longest pattern that matches, the first of equally long ones; None without any."""
    best = None
    for pattern in patterns:
        if matches(pattern, name) and (best is None or len(pattern) > len(best)):
            best = pattern
    return best
