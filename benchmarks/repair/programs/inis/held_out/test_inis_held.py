import random

import pytest
from inis import as_value, merged, parse, resolved


@pytest.mark.parametrize("seed", range(40))
def test_written_and_read(seed):
    chance = random.Random(seed)
    model, lines = {"": {}}, []
    section = ""
    for _ in range(12):
        if chance.random() < 0.3:
            section = chance.choice("abc")
            model.setdefault(section, {})
            lines.append(chance.choice([f"[{section}]", f"[ {section} ] # note"]))
        else:
            key, words = chance.choice("xyz"), chance.choices(["1", "=", "v#w", "[q]"], k=3)
            model[section][key] = " ".join(words)
            lines.append(f"{key}{chance.choice(['=', ' = '])}{words[0]}")
            lines += [f"{chance.choice([' ', '    '])}{word}" for word in words[1:]]
        if chance.random() < 0.3:
            lines.append(chance.choice(["", "# x = 1", "   "]))
    assert parse("\n".join(lines)) == model


@pytest.mark.parametrize("depth", range(1, 7))
def test_chains(depth):
    text = "\n".join(f"k{n} = <${{k{n + 1}}}>" for n in range(depth)) + f"\nk{depth} = end"
    sections = parse(text + "\n[s]\nk2 = own\n")
    assert resolved(sections, "", "k0") == "<" * depth + "end" + ">" * depth
    if depth >= 2:
        assert resolved(sections, "s", "k0") == "<<own>>"
    with pytest.raises(ValueError):
        resolved(parse(text.replace("end", "${k0}")), "", "k0")


def test_twice_the_same_name_is_no_ring():
    sections = parse("a = 1\nb = ${a}${a}\nc = ${b}-${a}\n[s]\nd = ${c} ${s.e}\ne = 2")
    assert resolved(sections, "s", "d") == "11-1 2"
    with pytest.raises(KeyError):
        resolved(parse("a = ${zz.b}"), "", "a")


@pytest.mark.parametrize("text", ["x", "[", "[a] b", " = 1\nq", "a=1\nb"])
def test_line_of_the_error(text):
    with pytest.raises(ValueError, match="line 3|line 4"):
        parse("\n#\n" + text)


@pytest.mark.parametrize(
    "text, value",
    [("-7", -7), ("1e3", 1000.0), ("NO", False), ("TRUE", True), ("None", None), ("a,,b", ["a", "b"]), ("no,1.5", [False, 1.5]), ("nope", "nope"), (",", []), ("0", 0)],
)
def test_values(text, value):
    assert as_value(text) == value and type(as_value(text)) is type(value)


def test_a_section_has_nothing_to_go_on_with():
    for text in ("a = 1\n[s]\n  more", "[s]\na = 1\n[s]\n  more"):
        with pytest.raises(ValueError, match="line"):
            parse(text)


@pytest.mark.parametrize("seed", range(20))
def test_merging(seed):
    chance = random.Random(seed)

    def some():
        return {s: {k: chance.random() for k in "xyz" if chance.random() < 0.5} for s in "abc" if chance.random() < 0.6}

    base, extra = some(), some()
    copies = {s: dict(v) for s, v in base.items()}, {s: dict(v) for s, v in extra.items()}
    out = merged(base, extra)
    assert out == {s: {**base.get(s, {}), **extra.get(s, {})} for s in {*base, *extra}}
    for values in out.values():
        values["new"] = 1
    assert (base, extra) == copies
