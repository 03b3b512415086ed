"""Settings in sections, with values that name others."""

import re

NAME = re.compile(r"\$\{(\w+(?:\.\w+)?)\}")


def parse(text):
    """A dict of dicts; before the first section the section is ""."""
    sections = {"": {}}
    current = sections[""]
    last = None
    for number, line in enumerate(text.splitlines(), start=1):
        bare = line.split(" #")[0].rstrip()
        if not bare or bare.startswith("#"):
            continue
        if bare[0].isspace():
            if last is None:
                raise ValueError(f"line {number}: nothing to go on with")
            current[last] += " " + bare.strip()
            continue
        if bare.startswith("["):
            if not bare.endswith("]"):
                raise ValueError(f"line {number}: the bracket is open")
            name = bare[1:-1].strip()
            current = sections.setdefault(name, {})
            last = None
            continue
        key, equals, value = bare.partition("=")
        if not equals:
            raise ValueError(f"line {number}: no value")
        last = key.strip()
        current[last] = value.strip()
    return sections


def resolved(sections, section, key, seen=()):
    """The value with every ${name} filled in, from its own section, the first, or by dots."""
    if (section, key) in seen:
        raise ValueError(f"{key} names itself")
    for place in (section, ""):
        if key in sections.get(place, {}):
            raw = sections[place][key]
            break
    else:
        raise KeyError(key)

    def fill(match):
        other, dot, name = match[1].rpartition(".")
        return resolved(sections, other if dot else section, name, (*seen, (section, key)))

    return NAME.sub(fill, raw)


def as_value(text):
    """A number, truth, a list by commas, nothing, or the text itself."""
    lowered = text.strip().lower()
    if lowered in ("", "none"):
        return None
    if lowered in ("yes", "true", "on"):
        return True
    if lowered in ("no", "false", "off"):
        return False
    if "," in text:
        return [as_value(part) for part in text.split(",") if part.strip()]
    for kind in (int, float):
        try:
            return kind(lowered)
        except ValueError:
            continue
    return text.strip()


def merged(base, extra):
    """Sections of both; the extra ones win. Neither is changed."""
    out = {name: dict(values) for name, values in base.items()}
    for name, values in extra.items():
        out.setdefault(name, {}).update(values)
    return out
