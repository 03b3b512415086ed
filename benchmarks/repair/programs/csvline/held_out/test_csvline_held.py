import random

import pytest
from csvline import Malformed, read_line, write_line

ALPHABET = ["a", "b", ",", '"', " ", ";", "\n", "ä"]


@pytest.mark.parametrize("seed", range(120))
def test_round_trip(seed):
    chance = random.Random(seed)
    fields = [
        "".join(chance.choices(ALPHABET, k=chance.randrange(6)))
        for _ in range(chance.randrange(1, 5))
    ]
    assert read_line(write_line(fields)) == fields
    assert read_line(write_line(fields, separator=";"), separator=";") == fields
    assert read_line(write_line(fields, quote="b"), quote="b") == fields


@pytest.mark.parametrize("line", ['"', 'a,"', '"""', '"a""', '"x",y,"z'])
def test_never_closed(line):
    with pytest.raises(Malformed):
        read_line(line)


@pytest.mark.parametrize("line", ['"a" ', '""x', '"a"b', 'x,"y"z,w', '"a"b"'])
def test_after_closing(line):
    with pytest.raises(Malformed):
        read_line(line)


@pytest.mark.parametrize(
    "line, fields",
    [
        (",", ["", ""]),
        (",,", ["", "", ""]),
        ('"","",""', ["", "", ""]),
        ('a"b"c', ['a"b"c']),
        ('""""', ['"']),
        ('""",""",z', ['","', "z"]),
        ("  a , b ", ["  a ", " b "]),
    ],
)
def test_read(line, fields):
    assert read_line(line) == fields


def test_plain_fields_stay_plain():
    assert write_line(["a", "", "b c", "'"]) == "a,,b c,'"
    assert write_line(["x\ny"]) == '"x\ny"'
    assert write_line([]) == ""
