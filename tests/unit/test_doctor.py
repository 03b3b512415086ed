"""What `gatewright doctor` says of a machine that lacks something."""

from pathlib import Path

from gatewright.doctor import examine


def test_a_home_that_cannot_be_made_is_named_with_the_fix(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    [home] = [check for check in examine(home=tmp_path / "file" / "home") if check.name == "home"]
    assert (home.standing, "GATEWRIGHT_HOME" in home.fix) == ("missing", True)
