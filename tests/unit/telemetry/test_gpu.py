"""GPUs through NVIDIA's own binding, against a driver library that the tests build."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

STUB = Path(__file__).parents[2] / "support" / "nvml" / "stub.c"
COMPILER = shutil.which("cc") or shutil.which("gcc") or shutil.which("clang")
BUSY = {
    "utilization": 37,
    "total": 2**30,
    "used": 2**28,
    "power": 250_500,
    "energy": 1_234_567,
    "temperature": 61,
}

# Runs steps of (what the driver says now, seconds that pass) and prints the samples of each.
WATCH = """
import json, os, pathlib, sys
from gatewright.telemetry.sampling.gpu import GpuProbe
file = pathlib.Path(os.environ["GATEWRIGHT_TEST_NVML"])
now = 0.0
probe = GpuProbe(clock=lambda: now)
told = []
for says, passed in json.loads(sys.argv[1]):
    file.write_text("".join(f"{k} {os.getpid() if v == 'own' else v}\\n" for k, v in says.items()))
    now += passed
    told.append({"samples": [s._asdict() for s in probe.sample()], "state": probe.state})
probe.close()
print(json.dumps(told))
"""


@pytest.fixture(scope="session")
def library(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a `libnvidia-ml.so.1` of ours."""
    if COMPILER is None:
        pytest.skip("there is no C compiler (apt-get install gcc libc6-dev)")
    folder = tmp_path_factory.mktemp("nvml")
    built = folder / "libnvidia-ml.so.1"
    subprocess.run([COMPILER, "-shared", "-fPIC", "-w", "-o", built, STUB], check=True)
    return folder


def watch(folder: Path, tmp_path: Path, *steps: tuple[dict[str, Any], float]) -> list[Any]:
    env = {
        **os.environ,
        "LD_LIBRARY_PATH": str(folder),
        "GATEWRIGHT_TEST_NVML": str(tmp_path / "says"),
    }
    command = [sys.executable, "-c", WATCH, json.dumps(steps)]
    done = subprocess.run(command, env=env, check=True, capture_output=True, text=True)
    told: list[Any] = json.loads(done.stdout)
    return told


def test_a_gpu_tells_everything(library, tmp_path):
    [told] = watch(library, tmp_path, ({**BUSY, "pid": "own", "process_memory": 4096}, 0))
    assert told["samples"] == [
        {
            "gpu_index": 0,
            "gpu_uuid": "GPU-1",
            "gpu_name": "Stub",
            "gpu_pct": 37.0,
            "mem_pct": 25.0,
            "mem_used_bytes": 2**28,
            "power_w": 250.5,
            "energy_j": 1234.567,
            "temp_c": 61.0,
            "proc_mem_bytes": 4096,
            "error": None,
        }
    ]
    assert told["state"] == "1 GPU: Stub"


def test_every_gpu_is_a_sample(library, tmp_path):
    [told] = watch(library, tmp_path, ({**BUSY, "count": 3}, 0))
    assert [s["gpu_uuid"] for s in told["samples"]] == ["GPU-1", "GPU-2", "GPU-3"]


def test_another_processes_memory_is_not_ours(library, tmp_path):
    [told] = watch(library, tmp_path, ({**BUSY, "pid": 1, "process_memory": 4096}, 0))
    assert told["samples"][0]["proc_mem_bytes"] is None


@pytest.mark.parametrize(
    ("silent", "column"),
    [
        ("utilization", "gpu_pct"),
        ("memory", "mem_pct"),
        ("power", "power_w"),
        ("energy", "energy_j"),
        ("temperature", "temp_c"),
        ("processes", "proc_mem_bytes"),
    ],
)
def test_what_a_gpu_does_not_support_is_unknown_and_the_rest_is_there(
    library, tmp_path, silent, column
):
    [told] = watch(library, tmp_path, ({**BUSY, f"{silent}!": 3}, 0))
    [sample] = told["samples"]
    missing = {name for name, value in sample.items() if value is None} - {"error"}
    assert column in missing
    assert missing <= {column, "mem_used_bytes", "proc_mem_bytes"}
    assert sample["error"] is None


def test_no_driver_is_no_gpu(library, tmp_path):
    [told] = watch(library, tmp_path, ({"init!": 9}, 0))
    assert told == {"samples": [], "state": "driver not loaded"}


def test_no_library_is_no_gpu(tmp_path):
    (tmp_path / "libnvidia-ml.so.1").write_bytes(b"")
    [told] = watch(tmp_path, tmp_path, ({}, 0))
    assert told == {"samples": [], "state": "no NVML library"}


def test_a_driver_that_comes_later_is_found_after_a_minute(library, tmp_path):
    no_driver = {"init!": 9}
    told = watch(library, tmp_path, (no_driver, 0), (BUSY, 59), (BUSY, 1))
    assert [len(step["samples"]) for step in told] == [0, 0, 1]


def test_a_lost_gpu_says_so_and_comes_back(library, tmp_path):
    told = watch(library, tmp_path, (BUSY, 0), ({**BUSY, "lost!": 15}, 5), (BUSY, 60))
    before, lost, after = (step["samples"][0] for step in told)
    assert before["error"] is None
    assert (lost["error"], lost["gpu_pct"], lost["gpu_uuid"]) == ("GPU is lost", None, "GPU-1")
    assert (after["error"], after["gpu_pct"]) == (None, 37.0)


def test_an_error_of_no_known_kind_is_kept_beside_what_is_there(library, tmp_path):
    [told] = watch(library, tmp_path, ({**BUSY, "power!": 999}, 0))
    [sample] = told["samples"]
    assert (sample["error"], sample["power_w"], sample["gpu_pct"]) == ("Unknown Error", None, 37.0)


def test_a_driver_that_cannot_count_is_none(library, tmp_path):
    [told] = watch(library, tmp_path, ({"count!": 999}, 0))
    assert told["samples"] == []
    assert "Unknown Error" in told["state"]


# A graph under a sidecar, whose node waits until the machine was looked at twice.
RUN = """
import json, os, pathlib, sys, threading
from langgraph.graph import END, START, StateGraph
from gatewright.telemetry.monitoring import Monitoring
from gatewright.telemetry.reader import open_reading
from gatewright.telemetry.sidecar import Sidecar
folder, says = pathlib.Path(sys.argv[1]), json.loads(sys.argv[2])
pathlib.Path(os.environ["GATEWRIGHT_TEST_NVML"]).write_text(
    "".join(f"{name} {value}\\n" for name, value in says.items())
)
pause = threading.Event()

def work(state):
    while sidecar.metrics().sample_count_in_window < 3:
        pause.wait(0.02)
    return {"done": True}

builder = StateGraph(dict)
builder.add_node("work", work)
builder.add_edge(START, "work")
builder.add_edge("work", END)
with Sidecar(folder, monitoring=Monitoring(interval_s=0.1)) as sidecar:
    with sidecar.run(trace_id="a" * 32, conversation_id="t") as run:
        builder.compile().invoke({}, {"callbacks": [run.handler]})
    gpu = run.metrics.gpu_percent
with open_reading(folder) as reading:
    print(json.dumps({
        "status": [row["status"] for row in reading.sql("FROM v_runs")],
        "gpus": reading.sql(
            "SELECT DISTINCT gpu_uuid, gpu_pct, power_w, error FROM v_gpu_samples"
        ),
        "gpu": gpu and gpu.max,
        "lost": sidecar.losses.gone(),
    }))
"""


@pytest.mark.slow
@pytest.mark.parametrize(
    ("says", "gpus", "busiest"),
    [
        (BUSY, [("GPU-1", 37.0, 250.5, None)], 37.0),
        ({**BUSY, "utilization!": 3}, [("GPU-1", None, 250.5, None)], None),
        ({"init!": 9}, [], None),
        ({"init!": 12}, [], None),
        ({**BUSY, "lost!": 15}, [("GPU-1", None, None, "GPU is lost")], None),
    ],
    ids=["well", "not supported", "driver not loaded", "no library", "lost"],
)
def test_whatever_its_gpu_says_a_run_is_well(library, tmp_path, says, gpus, busiest):
    env = {
        **os.environ,
        "LD_LIBRARY_PATH": str(library),
        "GATEWRIGHT_TEST_NVML": str(tmp_path / "says"),
    }
    command = [sys.executable, "-c", RUN, tmp_path / "telemetry", json.dumps(says)]
    done = subprocess.run(command, env=env, check=False, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert (found["status"], found["lost"]) == (["ok"], 0)
    assert [tuple(row.values()) for row in found["gpus"]] == gpus
    assert found["gpu"] == busiest
