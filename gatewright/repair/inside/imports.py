"""Importing other texts than those on the disk, and what is imported already."""

import importlib.machinery
import os
import sys
from collections.abc import Collection, Mapping
from types import CodeType

from gatewright.repair.inside.swap import live_functions


def replace_sources(texts: Mapping[str, bytes]) -> None:
    """From now on these files, named by their real paths, are imported with these texts.

    Those that are added later count, too.
    """
    loader = importlib.machinery.SourceFileLoader
    plain = loader.get_code

    def get_code(self: importlib.machinery.SourceFileLoader, fullname: str) -> CodeType | None:
        file = self.get_filename(fullname)
        data = texts.get(os.path.realpath(file))
        if data is None:
            return plain(self, fullname)
        return compile(data, file, "exec", dont_inherit=True)

    loader.get_code = get_code  # type: ignore[method-assign, assignment]


def loaded(paths: Collection[str]) -> set[str]:
    """Those of some real paths that have been imported, or of which functions are left."""
    found = {path for path, live in live_functions(paths, ()).items() if live.places}
    for module in list(sys.modules.values()):
        file = getattr(module, "__file__", None)
        if isinstance(file, str) and os.path.realpath(file) in paths:
            found.add(os.path.realpath(file))
    return found
