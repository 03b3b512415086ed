"""NVIDIA's GPUs, as their driver tells of them through NVML.

Figures are the device's: a driver that knows processes at all knows them by the host's numbers, so
nothing here claims to be a node's. Source: NVML API reference; `pynvml` is NVIDIA's own binding.
"""

import os
import time
from collections.abc import Callable
from typing import Any, NamedTuple

RETRY_S = 60.0
"""Until a driver that was not there, or lost a GPU, is asked again from the start."""

_SILENT = (3, 13, 21)
"""NVML's codes for "this device does not tell": not supported, no such function, no data."""
_STALE = (1, 15)
"""Those after which only a new session can help: uninitialised, GPU lost."""
_REASONS = {9: "driver not loaded", 12: "no NVML library"}


class GpuSample(NamedTuple):
    """One GPU at one moment; None for what its driver does not tell."""

    gpu_index: int
    gpu_uuid: str | None = None
    gpu_name: str | None = None
    gpu_pct: float | None = None
    """Time in which a kernel ran, 0 to 100."""
    mem_pct: float | None = None
    """Used memory, 0 to 100."""
    mem_used_bytes: int | None = None
    power_w: float | None = None
    energy_j: float | None = None
    """Since the driver was loaded."""
    temp_c: float | None = None
    proc_mem_bytes: int | None = None
    """Of this process."""
    error: str | None = None
    """What the driver refused."""


class GpuProbe:
    """All GPUs of this machine; nothing is loaded before the first sample, and nothing raises."""

    def __init__(self, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._devices: list[_Device] | None = None
        self._ask_again = float("-inf")
        self.state = "not asked yet"
        """For a person: how many GPUs, or why none."""

    def sample(self) -> list[GpuSample]:
        """One a GPU; empty without NVML, a driver or a GPU."""
        try:
            samples = [device.sample() for device in self._opened()]
        except Exception as error:  # noqa: BLE001  a driver may fail in ways that it does not name
            self._give_up(f"NVML failed: {error}")
            return []
        if any(device.stale for device in self._devices or ()) and self._is_time():
            self.close()
        return samples

    def close(self) -> None:
        """Let go of the driver; the next sample asks it anew."""
        if self._devices is not None:
            self._devices = None
            _end()

    def _opened(self) -> list["_Device"]:
        if self._devices is None and self._is_time():
            self._ask_again = self._clock() + RETRY_S
            self._open()
        return self._devices or []

    def _is_time(self) -> bool:
        return self._clock() >= self._ask_again

    def _open(self) -> None:
        import pynvml  # noqa: PLC0415  only where somebody wants to know of GPUs

        try:
            pynvml.nvmlInit()
        except pynvml.NVMLError as error:
            self.state = _REASONS.get(error.value, f"NVML: {error}")
            return
        self._devices = []  # from here on there is something to let go of
        self._devices = [_Device(index) for index in range(pynvml.nvmlDeviceGetCount())]
        names = sorted({str(device.name) for device in self._devices})
        number = len(self._devices)
        self.state = f"{number} GPU{'s' * (number != 1)}: {', '.join(names)}" if names else "no GPU"

    def _give_up(self, reason: str) -> None:
        self.close()
        self.state = reason
        self._ask_again = self._clock() + RETRY_S


class _Device:
    """One GPU and what is always the same of it."""

    def __init__(self, index: int) -> None:
        import pynvml  # noqa: PLC0415  as above

        self._index = index
        self._nvml = pynvml
        self._refused: int | None = None
        self._handle = self._ask(pynvml.nvmlDeviceGetHandleByIndex, index)
        self.uuid = self._tell(pynvml.nvmlDeviceGetUUID)
        self.name = self._tell(pynvml.nvmlDeviceGetName)

    @property
    def stale(self) -> bool:
        """Whether the last sample ended this session with the driver."""
        return self._refused in _STALE

    def sample(self) -> GpuSample:
        """What it tells now."""
        nvml = self._nvml
        self._refused = None
        if self._handle is None:
            self._handle = self._ask(nvml.nvmlDeviceGetHandleByIndex, self._index)
        busy = self._tell(nvml.nvmlDeviceGetUtilizationRates)
        memory = self._tell(nvml.nvmlDeviceGetMemoryInfo)
        return self._sample(
            gpu_pct=None if busy is None else float(busy.gpu),
            mem_pct=100 * memory.used / memory.total if memory and memory.total else None,
            mem_used_bytes=None if memory is None else int(memory.used),
            power_w=_thousandth(self._tell(nvml.nvmlDeviceGetPowerUsage)),
            energy_j=_thousandth(self._tell(nvml.nvmlDeviceGetTotalEnergyConsumption)),
            temp_c=self._temperature(),
            proc_mem_bytes=self._own_memory(),
        )

    def _sample(self, **told: Any) -> GpuSample:
        error = None if self._refused is None else _said(self._refused)
        return GpuSample(self._index, self.uuid, self.name, **told, error=error)

    def _temperature(self) -> float | None:
        nvml, sensor = self._nvml, self._nvml.NVML_TEMPERATURE_GPU
        newer = self._tell(nvml.nvmlDeviceGetTemperatureV, sensor)
        told = newer if newer is not None else self._tell(nvml.nvmlDeviceGetTemperature, sensor)
        return None if told is None else float(told)

    def _own_memory(self) -> int | None:
        """Found by our number, so not in a container, where the driver tells the host's."""
        found = self._tell(self._nvml.nvmlDeviceGetComputeRunningProcesses) or ()
        own = [process.usedGpuMemory for process in found if process.pid == os.getpid()]
        return own[0] if own else None

    def _tell(self, question: Callable[..., Any], *more: Any) -> Any:
        answer = None if self._handle is None else self._ask(question, self._handle, *more)
        return answer.decode("utf-8", "replace") if isinstance(answer, bytes) else answer

    def _ask(self, question: Callable[..., Any], *about: Any) -> Any:
        """None where the driver refuses; the first refusal that is more than silence is kept."""
        try:
            return question(*about)
        except self._nvml.NVMLError as error:
            if error.value not in _SILENT and self._refused is None:
                self._refused = error.value
            return None


def _thousandth(value: int | None) -> float | None:
    return None if value is None else value / 1000


def _said(code: int) -> str:
    import pynvml  # noqa: PLC0415  as above

    return str(pynvml.NVMLError(code))


def _end() -> None:
    import pynvml  # noqa: PLC0415  as above

    try:
        pynvml.nvmlShutdown()
    except pynvml.NVMLError:
        return
