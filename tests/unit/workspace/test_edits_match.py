import textwrap

import pytest

from gatewright.domain.edit import Block, ChangeSet, ReplaceBlocks
from gatewright.domain.errors import EditMismatch
from gatewright.workspace.edits.apply import Blob, Edited, edit

SOURCE = textwrap.dedent(
    '''\
    import os


    def first(items):
        """The first of the items."""
        if not items:
            return None
        return items[0]


    class Box:
        def total_weight(self, items):
            total = 0
            for item in items:
                total += item.weight
            return total

        def total_value(self, items):
            total = 0
            for item in items:
                total += item.value
            return total
    '''
)


def apply(search: str, replace: str, source: str = SOURCE) -> Edited:
    parent = {"f.py": Blob(data=source.encode())}
    block = Block(search=search, replace=replace)
    changes = ChangeSet(edits=(ReplaceBlocks(path="f.py", blocks=(block,)),))
    return edit(changes, parent.get, ["f.py"])


def text(edited: Edited) -> str:
    blob = edited.files["f.py"]
    assert blob is not None
    return blob.data.decode()


def mismatch(search: str, replace: str, source: str = SOURCE) -> EditMismatch:
    with pytest.raises(EditMismatch) as refused:
        apply(search, replace, source)
    return refused.value


def test_trailing_space_in_the_quotation_is_passed_over() -> None:
    edited = apply(
        "    if not items:  \n        return None\t\n", "    if not items:\n        return 0\n"
    )
    assert text(edited) == SOURCE.replace("return None", "return 0")
    assert [(note.line, "trailing white space" in note.message) for note in edited.notes] == [
        (6, True)
    ]


def test_trailing_space_in_the_file_stays_on_lines_that_stay() -> None:
    edited = apply("a = 1\nb = 2\n", "a = 1\nb = 3\n", "a = 1  \nb = 2\n")
    assert text(edited) == "a = 1  \nb = 3\n"


def test_lines_quoted_without_their_indentation() -> None:
    edited = apply(
        "for item in items:\n    total += item.value\n",
        "for item in items:\n    if item:\n        total += item.value\n\n",
    )
    assert text(edited) == SOURCE.replace(
        "            total += item.value\n",
        "            if item:\n                total += item.value\n\n",
    )
    assert "shifted alike" in edited.notes[0].message


def test_lines_quoted_with_too_much_indentation() -> None:
    edited = apply("        import os\n", "        import os\n        import sys\n")
    assert text(edited) == SOURCE.replace("import os\n", "import os\nimport sys\n")


def test_new_lines_that_cannot_be_shifted_back_are_refused() -> None:
    assert "not in the file" in mismatch("  import os\n", "import sys\n").reason


def test_indentation_that_differs_line_by_line_is_refused() -> None:
    refused = mismatch("for item in items:\ntotal += item.value\n", "pass\n")
    assert "not in the file" in refused.reason


def test_a_small_slip_in_a_long_quotation_is_forgiven() -> None:
    body = "    if not items:\n        return None\n    return items[0]\n"
    shorter = "    return items[0] if items else None\n"
    title = '    """The first of all items."""\n'
    edited = apply(title + body, title + shorter)
    # The line of the slip stays as it is in the file.
    assert text(edited) == SOURCE.replace(body, shorter)
    assert "only similar" in edited.notes[0].message


def test_a_quotation_with_a_line_that_is_not_there_is_refused() -> None:
    search = SOURCE.replace("        return total\n", "        zebra = 5\n", 1)
    assert "not in the file" in mismatch(search, "x = 1\n").reason


def test_a_quotation_that_resembles_two_places_is_refused() -> None:
    source = "value_of_first = compute(1)\nother\nvalue_of_third = compute(1)\n"
    refused = mismatch("value_of_forth = compute(1)\n", "x = 1\n", source)
    assert "stand 2 times, at lines 1, 3" in refused.reason


def test_too_little_likeness_is_refused() -> None:
    assert "not in the file" in mismatch("    return entries[0] or None\n", "    return 1\n").reason


def test_lines_that_stand_twice_are_refused_with_their_places() -> None:
    refused = mismatch("        total = 0\n", "        total = 1\n")
    assert "stand 2 times, at lines 13, 19; quote more lines" in refused.reason
    assert "def total_weight" in refused.nearest
    assert "def total_value" in refused.nearest


def test_a_part_of_a_line_is_not_a_line() -> None:
    assert "    return items[0]" in mismatch("return items\n", "return x\n").nearest.split("\n")


def test_the_nearest_lines_are_shown() -> None:
    refused = mismatch(
        "    def total_value(self, things):\n        total = 0\n        for thing in things:\n",
        "    pass\n",
    )
    assert len(refused.nearest.split("\n")) == 10
    assert "    def total_value(self, items):" in refused.nearest.split("\n")


def test_nothing_is_shown_where_nothing_is_near() -> None:
    assert mismatch("zebra crossing\n", "x\n", "12345\n67890\n").nearest == ""


def test_lines_left_out_of_a_quotation_are_named() -> None:
    refused = mismatch(
        "    def total_weight(self, items):\n        ...\n        return total\n", "x = 1\n"
    )
    assert "'...' stands for lines that were left out" in refused.reason


def test_an_edit_in_place_is_recognised_before_indentation_is_guessed() -> None:
    edited = apply("return None\n", "        return None\n")
    assert (edited.files, "in place already" in edited.notes[0].message) == ({}, True)


def test_one_word_in_place_is_no_evidence() -> None:
    assert "not in the file" in mismatch("raise\n", "pass\n", "a = 1\npass\n").reason


def test_new_lines_in_place_twice_are_no_evidence() -> None:
    assert "not in the file" in mismatch("sum = 0\n", "        total = 0\n").reason


def test_new_lines_elsewhere_do_not_hide_the_quoted_ones() -> None:
    edited = apply("a = 1 \n", "b = 2\n", "a = 1\nb = 2\n")
    assert text(edited) == "b = 2\nb = 2\n"


def test_new_lines_elsewhere_and_quoted_ones_nearly_are_unclear() -> None:
    refused = mismatch("a = 1\n", "b = 2\n", "    a = 1\nb = 2\n")
    assert "stand at line 2 already, and lines like the quoted ones at line 1" in refused.reason


def test_repeated_lines_are_counted_quickly() -> None:
    source = "x = 1\n" * 60_000
    refused = mismatch("x = 1\n" * 30_000 + "zebra()\n", "z = 1\n", source)
    assert "not in the file" in refused.reason
