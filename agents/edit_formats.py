"""The forms in which a model writes edits: how they are described to it, and how they are read.

Code inside JSON strings is no form here: it lowers the quality of what models write.
"""

from collections.abc import Callable, Mapping
from typing import NamedTuple

from agents import edit_format_blocks, edit_format_udiff, edit_format_whole
from agents.edit_format_lines import Malformed
from gatewright.domain.edit import ChangeSet, EditFormat, FileEdit
from gatewright.domain.errors import BadAnswer


class _Form(NamedTuple):
    parse: Callable[[str], list[FileEdit]]
    instructions: str
    expected: str


_FORMS: Mapping[EditFormat, _Form] = {
    "whole": _Form(
        edit_format_whole.parse_whole,
        edit_format_whole.INSTRUCTIONS,
        "a line with the path of a file, then the whole file between ``` fences",
    ),
    "search_replace": _Form(
        edit_format_blocks.parse_blocks,
        edit_format_blocks.INSTRUCTIONS,
        "a line with the path of a file, then <<<<<<< SEARCH, the lines to be found, =======, "
        "the new lines, >>>>>>> REPLACE",
    ),
    "udiff": _Form(
        edit_format_udiff.parse_udiff,
        edit_format_udiff.INSTRUCTIONS,
        "a unified diff: --- a/path, +++ b/path, then hunks that begin with @@",
    ),
}


def instructions(fmt: EditFormat) -> str:
    """The form described for a model, with an example."""
    return _FORMS[fmt].instructions


def parse(text: str, *, fmt: EditFormat, model: str) -> ChangeSet:
    """The edits in an answer; prose around them is passed over.

    Raises: BadAnswer whose `problem` tells the model what to correct.
    """
    form = _FORMS[fmt]
    if any("\ud800" <= character <= "\udfff" for character in text):
        raise BadAnswer(model, "the answer holds characters that are not Unicode text")
    try:
        edits = form.parse(text)
        if not edits:
            raise BadAnswer(
                model, f"the answer holds no edit in the form asked for; expected {form.expected}"
            )
        return ChangeSet(edits=tuple(edits))
    except Malformed as error:
        raise BadAnswer(model, str(error)) from None
