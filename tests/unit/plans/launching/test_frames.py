"""Messages between the engine and its helpers, in whatever pieces they arrive."""

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from gatewright.plans.launching.frames import Frames, frame

# A surrogate alone stands for a byte of a file's name that is no UTF-8.
texts = st.text(st.characters(exclude_categories=()), max_size=40)
leaves = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | texts
values = st.recursive(leaves, lambda inner: st.lists(inner) | st.dictionaries(texts, inner))


@given(messages=st.lists(st.lists(values, max_size=5), max_size=5), data=st.data())
def test_they_come_whole_and_in_order(messages: list[list[Any]], data: st.DataObject) -> None:
    sent = b"".join(map(frame, messages))
    frames = Frames()
    got = []
    while sent:
        size = data.draw(st.integers(1, len(sent)))
        got += frames.feed(sent[:size])
        sent = sent[size:]
    assert got == messages
