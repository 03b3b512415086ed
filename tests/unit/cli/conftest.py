"""The console script in this process, on a home of its own."""

import json
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from gatewright.cli.main import main


class Said(NamedTuple):
    """What a command printed, and its exit code."""

    code: object
    out: str
    err: str

    @property
    def json(self) -> Any:
        """The object on the last line of stdout."""
        return json.loads(self.out.splitlines()[-1])

    @property
    def lines(self) -> list[str]:
        """Of stdout, with single spaces."""
        return [" ".join(line.split()) for line in self.out.splitlines()]


class Gatewright:
    """`gatewright ...`, and where its home is."""

    def __init__(
        self, home: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
    ) -> None:
        self.home = home
        self._monkeypatch = monkeypatch
        self._capsys = capsys

    def __call__(self, *arguments: object) -> Said:
        self._monkeypatch.setattr("sys.argv", ["gatewright", *map(str, arguments)])
        with pytest.raises(SystemExit) as ended:
            main()
        return Said(ended.value.code or 0, *self._capsys.readouterr())

    def settings(self, toml: str) -> None:
        """Write the settings file."""
        path = self.home.parent / "gatewright.toml"
        path.write_text(toml)
        self._monkeypatch.setenv("GATEWRIGHT_CONFIG", str(path))


@pytest.fixture
def gatewright(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Gatewright:
    """The command on an empty home."""
    home = tmp_path / "home"
    monkeypatch.setenv("GATEWRIGHT_HOME", str(home))
    monkeypatch.setenv("COLUMNS", "200")
    return Gatewright(home, monkeypatch, capsys)
