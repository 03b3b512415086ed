from pathlib import Path

from gatewright.repair.sources import read_sources
from tests.unit.repair.conftest import project


def test_only_the_repositorys_own_utf8_sources_are_read(tmp_path: Path) -> None:
    project(
        tmp_path,
        {
            "lib/a.py": "a = 1\n",
            "lib/latin.py": b"# -*- coding: latin-1 -*-\nb = '\xe9'\n",
            "lib/said.py": b"# coding: utf-8\nc = 1\n",
            "lib/bytes.py": b"d = '\xff'\n",
            "lib/null.py": b"e = '\x00'\n",
            "lib/notes.txt": "no\n",
            "tests/helper.py": "f = 1\n",
            "lib/test_a.py": "g = 1\n",
            "conftest.py": "h = 1\n",
            ".hidden/i.py": "i = 1\n",
            "env2/pyvenv.cfg": "",
            "env2/j.py": "j = 1\n",
        },
    )
    (tmp_path / "link.py").symlink_to(tmp_path / "lib" / "a.py")
    assert read_sources(tmp_path) == {
        "lib/a.py": b"a = 1\n",
        "lib/said.py": b"# coding: utf-8\nc = 1\n",
    }
