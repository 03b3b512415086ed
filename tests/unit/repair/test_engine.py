"""The engine as a whole, on small projects in the real sandbox."""

import shutil
import sys
import venv
from importlib import resources
from pathlib import Path

import pytest

from tests.support.toolchains import clean_toolchain
from tests.unit.repair.conftest import Fix, patched

ADULT = "def adult(age):\n    return age > 18\n"
ADULT_TESTS = """\
from lib import adult

def test_adult():
    assert adult(18)

def test_child():
    assert not adult(17)
"""


@pytest.mark.slow
async def test_the_sample_is_fixed(fix: Fix, tmp_path: Path) -> None:
    with resources.as_file(resources.files("gatewright").joinpath("sample")) as sample:
        shutil.copytree(sample, tmp_path, dirs_exist_ok=True)
    pyproject = (tmp_path / "pyproject.toml").read_bytes()
    found = await fix({"pyproject.toml": pyproject}, "tests/test_account.py", max_candidates=60)
    after = patched(tmp_path, found)["ledger/account.py"].decode()
    assert "        if remaining < ZERO:\n" in after


async def test_a_bug_that_needs_more_edits_has_no_answer_and_a_reason(fix: Fix) -> None:
    code = "def area(width, height):\n    return width\n"
    tests = "from lib import area\n\ndef test_area():\n    assert area(3, 5) == 'fifteen'\n"
    found = await fix({"lib.py": code, "test_lib.py": tests}, max_candidates=40)
    assert (found.changes, found.failing_before) == (None, ("test_lib.py::test_area",))
    assert "single edits and" in found.why
    assert "pairs of edits tried for 1 failing test (test_lib.py::test_area)" in found.why
    assert "more edits" in found.why


@pytest.mark.slow
async def test_a_candidate_that_loops_for_ever_does_not_hang(fix: Fix, tmp_path: Path) -> None:
    code = "def drain(n):\n    while n:\n        n -= 1\n    return n + 5\n"
    tests = (
        "from lib import drain\n\ndef test_drain():\n    assert (drain(1), drain(2)) == (4, 4)\n"
    )
    found = await fix({"lib.py": code, "test_lib.py": tests}, max_seconds=45, max_candidates=60)
    assert found.changes is not None, found.why
    assert found.timeouts > 0


@pytest.mark.slow
async def test_a_test_that_loops_for_ever_is_fixed(fix: Fix, tmp_path: Path) -> None:
    code = "def count(n):\n    while n > 0:\n        n += 1\n    return 'done'\n"
    tests = "from lib import count\n\ndef test_count():\n    assert count(3) == 'done'\n"
    found = await fix({"lib.py": code, "test_lib.py": tests}, max_seconds=40, max_candidates=60)
    assert patched(tmp_path, found)["lib.py"] != code.encode()


@pytest.mark.slow
async def test_what_was_rejected_is_not_answered_again(fix: Fix) -> None:
    files = {"lib.py": ADULT, "test_lib.py": ADULT_TESTS}
    first = await fix(files, max_candidates=60)
    second = await fix(files, avoid={first.digest}, max_candidates=60)
    assert first.changes is not None
    assert second.changes is not None
    assert first.digest != second.digest
    assert first.changes != second.changes


async def test_formatting_comments_and_crlf_are_kept(fix: Fix, tmp_path: Path) -> None:
    code = (
        b"\xef\xbb\xbf# caf\xc3\xa9\r\n\r\ndef adult( age ):   # odd spacing\r\n"
        b"\treturn (  age   >   # at least\r\n\t\t18 )\r\n"
    )
    found = await fix({"lib.py": code, "test_lib.py": ADULT_TESTS})
    assert patched(tmp_path, found) == {"lib.py": code.replace(b"  >  ", b"  >=  ")}


@pytest.mark.slow
async def test_an_edit_that_breaks_another_test_is_not_answered(fix: Fix, tmp_path: Path) -> None:
    code = (
        "LIMIT = 18\n\n\ndef adult(age):\n    return age > LIMIT\n\n\n"
        "def limit():\n    return LIMIT\n"
    )
    tests = ADULT_TESTS + "\nfrom lib import limit\n\ndef test_limit():\n    assert limit() == 18\n"
    found = await fix({"lib.py": code, "test_lib.py": tests}, "test_lib.py::test_adult")
    assert b"LIMIT = 18" in patched(tmp_path, found)["lib.py"]


async def test_the_tests_are_never_changed(fix: Fix) -> None:
    code = "def adult(age):\n    raise NotImplementedError\n"
    tests = "from lib import adult\n\ndef test_adult():\n    assert 1 > 2\n    adult(1)\n"
    found = await fix({"lib.py": code, "checks/test_lib.py": tests})
    assert found.changes is None


async def test_the_copy_is_left_as_it_was(fix: Fix, tmp_path: Path) -> None:
    await fix({"lib.py": ADULT, "test_lib.py": ADULT_TESTS})
    assert (tmp_path / "lib.py").read_text() == ADULT


async def test_a_test_that_turns_a_source_into_a_link_has_nothing_written_behind_it(
    fix: Fix, tmp_path: Path
) -> None:
    outside = tmp_path.with_name(f"{tmp_path.name}-outside.py")
    outside.write_text(ADULT)
    tests = (
        f"import os\nimport lib\n\ndef test_adult():\n    os.remove('lib.py')\n"
        f"    os.symlink({str(outside)!r}, 'lib.py')\n    assert lib.adult(18)\n"
    )
    await fix({"lib.py": ADULT, "test_lib.py": tests}, max_candidates=8)
    assert (tmp_path / "lib.py").is_symlink()
    assert outside.read_text() == ADULT


async def test_nothing_fails(fix: Fix) -> None:
    found = await fix({"test_lib.py": "def test_one():\n    assert True\n"})
    assert found.why == "no test fails: 1 tests of the whole suite were run"


async def test_nothing_is_collected(fix: Fix) -> None:
    assert (await fix({})).why == (
        "no tests were collected from the whole suite; the engine needs one that fails"
    )


async def test_tests_that_cannot_be_imported(fix: Fix) -> None:
    found = await fix({"test_lib.py": "import lacking\n"}, "test_lib.py")
    assert found.why.startswith(
        "test_lib.py cannot be collected: ModuleNotFoundError: No module named 'lacking'; install"
    )


@pytest.mark.slow
async def test_a_repository_that_its_environment_has_installed_in_place(
    fix: Fix, tmp_path: Path
) -> None:
    files = {"src/lib.py": ADULT, "tests/test_lib.py": ADULT_TESTS}
    assert list(patched(tmp_path, await fix(files, roots=("src",)))) == ["src/lib.py"]


async def test_a_test_that_is_not_there(fix: Fix) -> None:
    found = await fix({"test_lib.py": ADULT_TESTS}, "test_other.py")
    assert "test_other.py" in found.why
    assert "exit code 4" in found.why


async def test_an_option_in_the_place_of_a_test(fix: Fix) -> None:
    found = await fix({}, "--rootdir=/")
    assert found.why == "'--rootdir=/' is no test; name a path or a node id"


async def test_a_python_without_pytest(fix: Fix, tmp_path: Path) -> None:
    venv.create(tmp_path / ".venv", symlinks=True)
    python = tmp_path / ".venv" / "bin" / "python"
    readable = (Path(sys.base_prefix), *clean_toolchain(tmp_path).readable)
    found = await fix({"test_lib.py": ADULT_TESTS}, python=python, readable=readable)
    assert f"{python} cannot import pytest" in found.why


async def test_flaky_tests_accept_nothing(fix: Fix) -> None:
    tests = (
        "import pathlib\nfrom lib import adult\n\ndef test_now_and_then():\n    adult(1)\n"
        "    seen = pathlib.Path('seen')\n    there = seen.exists()\n    seen.touch()\n"
        "    assert there\n"
    )
    found = await fix({"lib.py": ADULT, "test_lib.py": tests}, "test_lib.py::test_now_and_then")
    assert found.changes is None
    assert found.why


@pytest.mark.slow
async def test_the_time_is_kept(fix: Fix) -> None:
    tests = "import time\n\ndef test_slow():\n    time.sleep(60)\n"
    found = await fix({"test_lib.py": tests}, max_seconds=3)
    assert found.changes is None
    assert found.seconds < 12
