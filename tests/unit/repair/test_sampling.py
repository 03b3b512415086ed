"""Which files of a very large suite are run."""

from pathlib import Path

from gatewright.repair.inside.sampling import SAMPLE, sample, written_tests


def test_tests_are_counted_where_they_are_written(tmp_path: Path) -> None:
    texts = {
        "tests/test_one.py": "def test_a(): ...\nclass T:\n    async def test_b(self): ...\n",
        "pack/two_test.py": "def test_a(): ...\n",
        "pack/lib.py": "def test_a(): ...\n",
        ".hidden/test_x.py": "def test_a(): ...\n",
        "venv/lib/site-packages/test_x.py": "def test_a(): ...\n",
    }
    for name, text in texts.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    assert written_tests(str(tmp_path)) == {"pack/two_test.py": 1, "tests/test_one.py": 2}


def test_the_nearest_files_are_taken_until_there_are_enough() -> None:
    written = {
        "a/test_far.py": SAMPLE,
        "b/c/test_same.py": SAMPLE - 3,
        "b/c/test_asked.py": 1,
        "b/test_up.py": 2,
    }
    asked = ["b/c/test_asked.py::test_x[a::b]"]
    assert sample(written, asked) == ["b/c/test_asked.py", "b/c/test_same.py", "b/test_up.py"]
