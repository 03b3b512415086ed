"""Requirements, as lists and tables of any format hold them. Pure."""

import json
import re
import tomllib
from collections.abc import Iterator, Mapping

Requirements = Mapping[str, str]
"""What is wanted, by where and by name: `dependencies: requests` -> `>=2`."""

_NAME = re.compile(r"[A-Za-z0-9][\w.-]*")


class Unread(Exception):
    """A manifest whose text is not of its format."""


def whole(text: str) -> Requirements:
    """A file that is a program, or that nobody writes by hand: any difference is one."""
    return {"content": text} if text else {}


def listed(text: str) -> Requirements:
    """One requirement a line, as pip reads them.

    Options (`--index-url`, `-r`) are requirements too.
    """
    found = {}
    for line in re.sub(r"\\\n", " ", text).splitlines():
        plain = re.sub(r"(^|\s)#.*$", "", line).strip()
        plain = re.sub(r"\s+--hash[= ]\S+", "", plain)
        if not plain:
            continue
        name, version = split(plain)
        found[name] = version
    return found


def add(found: dict[str, str], place: str, value: object) -> None:
    """Requirements as lists of strings, or as tables by name, at whatever depth."""
    if isinstance(value, list):
        for each in value:
            if isinstance(each, str):
                name, version = split(each)
                found[f"{place}: {name}"] = version
            elif isinstance(each, dict) and len(each) == 1 and "pip" in each:
                add(found, f"{place}.pip", each["pip"])
            else:
                found[f"{place}: {text_of(each)}"] = ""
    elif isinstance(value, dict):
        for name, each in value.items():
            inner = isinstance(each, dict) and any(isinstance(v, dict) for v in each.values())
            if inner or (isinstance(each, dict) and str(name).endswith("dependencies")):
                add(found, f"{place}.{name}", each)
            else:
                found[f"{place}: {normal(str(name))}"] = text_of(each)
    elif value is not None:
        found[place] = text_of(value)


def split(requirement: str) -> tuple[str, str]:
    """`requests>=2; marker` as its name, alike however it is written, and the rest."""
    text = requirement.strip()
    matched = _NAME.match(text)
    if matched is None or "://" in text.split(" ")[0]:
        return " ".join(text.split()), ""
    rest = re.sub(r"\s+", "", text[matched.end() :].partition(";")[0])
    marker = " ".join(text.partition(";")[2].split())
    extras = re.match(r"\[[^\]]*\]", rest)
    name = normal(matched[0]) + (extras[0] if extras else "")
    version = rest[extras.end() if extras else 0 :]
    return name, f"{version}; {marker}" if marker else version


def normal(name: str) -> str:
    """A name as every index compares it."""
    return re.sub(r"[-_.]+", "-", name).lower()


def text_of(value: object) -> str:
    """A value as it is compared and shown."""
    return value if isinstance(value, str) else json.dumps(value, sort_keys=True, default=repr)


def toml(text: str) -> Mapping[str, object]:
    """Raises: Unread."""
    try:
        return tomllib.loads(text)
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        raise Unread(str(error)) from error


def table(parent: Mapping[str, object], name: str) -> Mapping[str, object]:
    """A table within a table; empty where there is none."""
    found = parent.get(name)
    return found if isinstance(found, dict) else {}


def tables(parent: Mapping[str, object], prefix: str) -> Iterator[tuple[str, object]]:
    """Every table at whatever depth, with its dotted name."""
    for name, value in parent.items():
        if isinstance(value, dict):
            yield prefix + name, value
            yield from tables(value, f"{prefix}{name}.")
