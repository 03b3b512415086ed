import pytest
from inis import as_value, merged, parse, resolved

TEXT = """
# settings
root = /srv
[web]
path = ${root}/www   # where
hosts = a,
  b
[log]
file = ${web.path}/log
root = /var
own = ${root}
"""


def test_parse():
    assert parse(TEXT) == {
        "": {"root": "/srv"},
        "web": {"path": "${root}/www", "hosts": "a, b"},
        "log": {"file": "${web.path}/log", "root": "/var", "own": "${root}"},
    }


def test_section_twice():
    assert parse("[a]\nx=1\n[b]\n[a]\ny=2") == {"": {}, "a": {"x": "1", "y": "2"}, "b": {}}


@pytest.mark.parametrize("text", ["  x", "[a", "word", "[a]\n  x", "x=1\n[a]\n  y"])
def test_errors(text):
    with pytest.raises(ValueError, match="line"):
        parse(text)


@pytest.mark.parametrize(
    "section, key, value",
    [("web", "path", "/srv/www"), ("log", "file", "/srv/www/log"), ("log", "own", "/var"), ("web", "root", "/srv")],
)
def test_resolved(section, key, value):
    assert resolved(parse(TEXT), section, key) == value


def test_not_resolved():
    with pytest.raises(KeyError):
        resolved(parse(TEXT), "web", "missing")
    with pytest.raises(ValueError):
        resolved(parse("a = ${b}\nb = ${a}"), "", "a")


@pytest.mark.parametrize(
    "text, value",
    [("5", 5), ("2.5", 2.5), ("Yes", True), ("off", False), ("", None), (" x y ", "x y"), ("1, b,", [1, "b"])],
)
def test_as_value(text, value):
    assert as_value(text) == value
    assert type(as_value(text)) is type(value)


def test_merged():
    base = {"a": {"x": 1, "y": 2}}
    assert merged(base, {"a": {"x": 5}, "b": {"z": 1}}) == {"a": {"x": 5, "y": 2}, "b": {"z": 1}}
    assert base == {"a": {"x": 1, "y": 2}}
