import pytest
from csvline import Malformed, read_line, write_line


@pytest.mark.parametrize(
    "line, fields",
    [
        ("a,b,c", ["a", "b", "c"]),
        ("", [""]),
        ("a,,c", ["a", "", "c"]),
        ('"a,b",c', ["a,b", "c"]),
        ('"say ""hi""",x', ['say "hi"', "x"]),
        ('""', [""]),
        ("a,", ["a", ""]),
        ('5" disk,x', ['5" disk', "x"]),
    ],
)
def test_read(line, fields):
    assert read_line(line) == fields


def test_other_signs():
    assert read_line("a;'b;c'", separator=";", quote="'") == ["a", "b;c"]


def test_text_after_quote():
    with pytest.raises(Malformed):
        read_line('"a"b,c')


def test_open_quote():
    with pytest.raises(Malformed):
        read_line('"a,b')


def test_write():
    assert write_line(["a", "b c", "d,e"]) == 'a,b c,"d,e"'
    assert write_line(['say "hi"']) == '"say ""hi"""'
