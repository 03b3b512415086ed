"""The manifests of other languages. Pure; each raises `Unread` for what is not of its format."""

import json

import yaml

from gatewright.workspace.gate.static.requirements import (
    Requirements,
    Unread,
    add,
    table,
    tables,
    text_of,
    toml,
)


def cargo(text: str) -> Requirements:
    """The tables of a `Cargo.toml` whose name ends in `dependencies`, with patches."""
    found: dict[str, str] = {}
    for place, value in tables(toml(text), ""):
        name = place.rpartition(".")[2]
        if name.endswith("dependencies") or name in ("patch", "replace"):
            add(found, place, value)
    return found


def package_json(text: str) -> Requirements:
    """The dependencies of a `package.json`, and the scripts that an installation runs."""
    try:
        data = json.loads(text) if text.strip() else {}
    except (ValueError, RecursionError) as error:
        raise Unread(str(error)) from error
    if not isinstance(data, dict):
        raise Unread("not an object")
    found: dict[str, str] = {}
    for key, value in data.items():
        if key.lower().endswith("dependencies") or key in ("overrides", "resolutions"):
            add(found, key, value)
    for name in ("preinstall", "install", "postinstall", "prepare"):
        script = table(data, "scripts").get(name)
        if script is not None:
            found[f"scripts: {name}"] = text_of(script)
    return found


def go_mod(text: str) -> Requirements:
    """The modules that a `go.mod` requires, replaces or excludes."""
    found: dict[str, str] = {}
    block = ""
    for line in text.splitlines():
        words = line.partition("//")[0].split()
        if not words:
            continue
        if words[0] == ")":
            block = ""
        elif len(words) == 2 and words[1] == "(":
            block = words[0]
        else:
            verb, rest = (block, words) if block else (words[0], words[1:])
            if verb in ("require", "replace", "exclude", "toolchain", "tool") and rest:
                found[f"{verb}: {rest[0]}"] = " ".join(rest[1:])
    return found


def environment(text: str) -> Requirements:
    """The channels and dependencies of a conda environment."""
    try:
        data = yaml.safe_load(text)
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        raise Unread(str(error)) from error
    if data is None:
        return {}
    if not isinstance(data, dict):
        raise Unread("not a mapping")
    found: dict[str, str] = {}
    add(found, "channels", data.get("channels"))
    add(found, "dependencies", data.get("dependencies"))
    return found
