"""The result for people."""

from collections.abc import Mapping
from typing import Any


def text(result: Mapping[str, Any]) -> str:
    """What was measured: ms a step and the ratio to the floor, the workflows, whole processes."""
    lines = _shapes(result) if "shapes" in result else []
    return "\n".join([*lines, *_beside(result)])


def _beside(result: Mapping[str, Any]) -> list[str]:
    lines = [f"a new file takes {result['create_file_us']:.0f} us here, and a step has two"]
    lines += [f"{name}: {reason}" for name, reason in result["missing"].items()]
    lines += _workflows(result["workflows"]) if "workflows" in result else []
    return [*lines, *(_whole(result) if "many" in result else [])]


def markdown(result: Mapping[str, Any]) -> str:
    """The same for docs/plans.md: a row for each contestant, a table for each number of steps."""
    shapes = result.get("shapes", {})
    sizes: Mapping[str, Any] = next(iter(shapes.values()), {})
    lines: list[str] = []
    for steps in sizes:
        heads = "".join(f" {shape} |" for shape in shapes)
        lines += [f"| {int(steps):,} steps | start-up |{heads}", "|---" * (len(shapes) + 2) + "|"]
        for name, about in result["contestants"].items():
            label = f"{name} {about['version']}"
            label = f"**{label}**" if name.startswith("ours") else label
            cells = "".join(f" {_cell(shapes[shape][steps][name])} |" for shape in shapes)
            lines.append(f"| {label} | {about['startup_s']:.2f} s |{cells}")
        lines.append("")
    return "\n".join([*lines, *(f"- {line}" for line in _beside(result))])


def _shapes(result: Mapping[str, Any]) -> list[str]:
    columns = [(shape, steps) for shape, sizes in result["shapes"].items() for steps in sizes]
    heads = "".join(f"{shape} {steps}".rjust(20) for shape, steps in columns)
    lines = [f"{'ms a step':18}{'start-up':>10}{heads}"]
    for name, about in result["contestants"].items():
        cells = [_cell(result["shapes"][shape][steps][name]) for shape, steps in columns]
        label = f"{name} {about['version']}"[:17]
        row = "".join(cell.rjust(20) for cell in cells)
        lines.append(f"{label:18}{about['startup_s']:>8.2f} s{row}")
    return lines


def _cell(cell: Mapping[str, Any]) -> str:
    if cell["ms"] is None:
        return "-"
    return f"{cell['ms']:.2f} (×{cell['ratio']:.2f})"


def _workflows(workflows: Mapping[str, Mapping[str, Any]]) -> list[str]:
    lines = []
    for name, row in workflows.items():
        ratios = ", ".join(
            f"{who} ×{ratio:.3f}"
            for who, ratio in row.items()
            if who not in {"steps", "ideal_s", "bound_s"} and ratio is not None
        )
        lines.append(
            f"{name}, {row['steps']} steps, ideal {row['ideal_s']:.1f} s"
            f" (never below {row['bound_s']:.1f} s): {ratios}"
        )
    return lines


def _whole(result: Mapping[str, Any]) -> list[str]:
    many = result["many"]
    lines = [
        f"command line, {many['steps']} steps: {many.get('reason') or _seconds(many)}",
    ]
    for way, sizes in result["memory"].items():
        for steps, row in sizes.items():
            told = row.get("reason") or (
                f"{row['before_mb']:.0f} MB before, {row['peak_mb']:.0f} MB at most,"
                f" helpers {row['helpers_mb']:.0f} MB"
            )
            lines.append(f"{way}, {steps} steps: {told}")
    return lines


def _seconds(many: Mapping[str, Any]) -> str:
    return f"{many['seconds']:.2f} s, of which start-up {many['startup_s']:.2f} s"
