"""The files of a commit with edits on top, and what may stand where."""

from collections import Counter
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from typing import Literal

from gatewright.domain.errors import EditRefused, UnsafePath
from gatewright.workspace.edits.paths import check_form, folded, parents


@dataclass(frozen=True, kw_only=True)
class Blob:
    """What stands at a path."""

    data: bytes
    """A link's is its target, a submodule's is its commit."""
    kind: Literal["file", "executable", "link", "submodule"] = "file"


class Draft:
    """Later edits see earlier ones; the parent itself is never touched."""

    def __init__(self, read: Callable[[str], Blob | None], paths: Collection[str]) -> None:
        self._read = read
        self._over: dict[str, Blob | None] = {}
        self._names: dict[str, Counter[str]] = {}
        for path in paths:
            self._count(path, 1)

    def get(self, path: str) -> Blob | None:
        """What stands there now; None: nothing, or a folder.

        Raises: UnsafePath for a path that leads out, into `.git`, or through a link.
        """
        check_form(path)
        for parent in parents(path):
            blob = self._at(parent)
            if blob is not None and blob.kind in ("link", "submodule"):
                raise UnsafePath(path, f"{parent!r} is a {blob.kind}; edit files of this tree only")
        return self._at(path)

    def text_file(self, path: str) -> Blob | None:
        """As `get`. Raises: UnsafePath also when a link or a submodule stands there itself."""
        blob = self.get(path)
        if blob is not None and blob.kind in ("link", "submodule"):
            raise UnsafePath(path, f"it is a {blob.kind}; edit the files of this tree only")
        return blob

    def put(self, path: str, blob: Blob) -> None:
        """Raises: EditRefused when a new path clashes with one that is there; UnsafePath."""
        if self.get(path) is None:
            self._check_new(path)
            self._count(path, 1)
        self._over[path] = blob

    def remove(self, path: str) -> None:
        """Take away what stands there."""
        self._over[path] = None
        self._count(path, -1)

    def changes(self) -> Mapping[str, Blob | None]:
        """By path, sorted, what differs from the parent."""
        return {path: blob for path, blob in sorted(self._over.items()) if blob != self._read(path)}

    def _at(self, path: str) -> Blob | None:
        return self._over[path] if path in self._over else self._read(path)

    def _check_new(self, path: str) -> None:
        if self._spellings(path)[path] > 0:
            raise EditRefused(path, "it is a folder; choose another path")
        for parent in parents(path):
            if self._at(parent) is not None:
                raise EditRefused(path, f"{parent!r} is a file; nothing can be put below it")
        for place in (*parents(path), path):
            for other, number in self._spellings(place).items():
                if number > 0 and other != place:
                    raise EditRefused(
                        path, f"{other!r} is there and differs only in case; use its spelling"
                    )

    def _spellings(self, path: str) -> Counter[str]:
        return self._names.get(folded(path), Counter())

    def _count(self, path: str, number: int) -> None:
        for place in (*parents(path), path):
            self._names.setdefault(folded(place), Counter())[place] += number
