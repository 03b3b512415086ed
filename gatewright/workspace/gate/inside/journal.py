"""Write down what a run comes to, so that nobody can change what has been written.

Each line is a keyed digest and a record in JSON. The key of a line is the digest of the one before
and is then forgotten: whoever finds the key in memory can add lines, but cannot replace those that
tell of his search. The key lives in the frame of a generator that waits, which no name leads to;
what does lead there (`gi_frame`, `gc`) is watched (see `watch.py`).
"""

# ruff: noqa: UP006, UP035, UP045
# The annotations are read by Pythons from 3.8 on.

import hashlib
import json
import os
import sys
from json import encoder
from typing import Any, Callable, Dict, Generator, Optional

_ROUTINE = ("begin", "suspicious", "altered")
"""Kinds of records that nobody gains anything by forging."""


def start(
    path: str, token: str, *, doubt: Optional[Callable[[Any], Any]] = None
) -> Callable[[Any], None]:
    """What appends one record (a dict with `kind`) to the file; a forked copy appends nothing.

    `doubt` is asked about the frame that a record comes from, and may answer with another record,
    which is then written before it.
    """
    writing = _writing(path, hashlib.sha256(token.encode()).digest(), doubt)
    next(writing)
    return writing.send


def _writing(
    path: str, key: bytes, doubt: Optional[Callable[[Any], Any]]
) -> Generator[None, Dict[str, Any], None]:
    file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    # Kept, because the code under test may replace them.
    write, getpid, frame, blake2b = os.write, os.getpid, sys._getframe, hashlib.blake2b
    encode, join, pid = _encoder(), "".join, os.getpid()
    while True:
        record = yield
        if getpid() != pid:
            continue
        records = [record]
        routine = record["kind"] in _ROUTINE or record.get("when") in ("setup", "teardown")
        if doubt is not None and not routine:
            records = [*doubt(frame(1)), record]
        for each in records:
            text = join(encode(each, 0)).encode()
            data = blake2b(text, key=key, digest_size=16).hexdigest().encode() + b" " + text + b"\n"
            key = blake2b(key=key, digest_size=32).digest()
            while data:
                data = data[write(file, data) :]


def _encoder() -> Any:
    """JSON by C code alone, which cannot be replaced in part; where there is none, by Python's."""
    make = getattr(encoder, "c_make_encoder", None)
    quote = getattr(encoder, "c_encode_basestring_ascii", None)
    if make is None or quote is None:
        dumps = json.dumps
        return lambda record, level: [dumps(record)]
    return make(None, repr, quote, None, ":", ",", False, False, True)
