"""Every notebook runs top to bottom, in a kernel of its own."""

from pathlib import Path
from typing import Any

import nbformat
import pytest
from nbclient import NotebookClient

pytestmark = pytest.mark.slow

NOTEBOOKS = sorted((Path(__file__).parents[2] / "notebooks").glob("*.ipynb"))
TASK = ("gatewright/fix-overdraft", "'node': 'quality_gate'")
SHOWN = {"03_routing": ("first:", "the best model's quality")}
"""What its outputs hold; else what the sample's task comes to."""
PICTURES = {"02_costs_and_hardware": 4, "03_routing": 4}


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_runs_top_to_bottom(path: Path, tmp_path: Path) -> None:
    notebook = nbformat.read(path, as_version=4)
    client = NotebookClient(notebook, timeout=100, resources={"metadata": {"path": str(tmp_path)}})
    client.execute()
    shown = "\n".join(_texts(notebook))
    assert [words for words in SHOWN.get(path.stem, TASK) if words not in shown] == []
    assert shown.count("image/png") == PICTURES.get(path.stem, 0)


def _texts(notebook: Any) -> list[str]:
    outputs = [output for cell in notebook.cells for output in cell.get("outputs", [])]
    return [str(output.get("text") or output.get("data")) for output in outputs]
