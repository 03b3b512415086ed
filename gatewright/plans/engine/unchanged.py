"""Whether a step has anything to do: the digest of its command and of the files that it reads."""

import hashlib
import json
import os
from collections.abc import Callable, Sequence
from pathlib import Path

from gatewright.plans.engine.globs import files_of
from gatewright.plans.variables.bound import Call

_CHUNK = 1 << 20


def key_of(call: Call, *, folder: str, mask: Callable[[str], str]) -> str | None:
    """The digest of command, environment additions, folder, and names and contents of the inputs.

    `folder` is where the step runs. Secrets go in masked: a digest of a weak one could be
    guessed, and a new password is no reason to do the work again. None when an input cannot be
    read: then nothing is known. Blocks.
    """
    head = {
        "argv": [mask(word) for word in call.argv],
        "env": {name: mask(value) for name, value in sorted(call.env.items())},
        "cwd": folder,
        "inputs": list(call.inputs),
    }
    digest = hashlib.sha256(json.dumps(head, sort_keys=True).encode())
    names = {name for pattern in call.inputs for name in files_of(pattern, folder=folder)}
    try:
        for name in sorted(names):
            content = _digest_of(Path(folder, name))
            digest.update(f"{len(name)}:{name}:{content}\n".encode("utf-8", "surrogateescape"))
    except OSError:
        return None
    return digest.hexdigest()


def has_all(outputs: Sequence[str], *, folder: str) -> bool:
    """Each of these globs matches a file; blocks."""
    return all(files_of(pattern, folder=folder) for pattern in outputs)


def _digest_of(path: Path) -> str:
    # `isfile` was true a moment ago; a pipe in its place must not hold the engine up.
    descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    digest = hashlib.sha256()
    with os.fdopen(descriptor, "rb", buffering=0) as file:
        while chunk := file.read(_CHUNK):
            digest.update(chunk)
    return digest.hexdigest()
