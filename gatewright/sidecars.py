"""The sidecars of this process: one for all who have the same settings."""

import threading
from weakref import WeakKeyDictionary, WeakSet, WeakValueDictionary, ref

from gatewright.settings import Settings
from gatewright.telemetry.content import ContentFilter
from gatewright.telemetry.monitoring import Monitoring
from gatewright.telemetry.otlp import make_sink
from gatewright.telemetry.sidecar import Sidecar

_SIDECARS: WeakValueDictionary[str, Sidecar] = WeakValueDictionary()
_OPENING = threading.Lock()
_USERS: WeakKeyDictionary[Sidecar, WeakSet[object]] = WeakKeyDictionary()


def open_sidecar(settings: Settings, *, user: object = None) -> Sidecar:
    """The telemetry of this process: one sampler and one writer for all who have these settings.

    A `user` calls `close_sidecar` when it is done, or is forgotten.
    """
    key = f"{settings.home} {settings.telemetry.model_dump_json()}"
    with _OPENING:  # those who begin together share one
        sidecar = _SIDECARS.get(key)
        if sidecar is None:
            _SIDECARS[key] = sidecar = _new_sidecar(settings)
        if user is not None:
            _USERS.setdefault(sidecar, WeakSet()).add(user)
    return sidecar


def close_sidecar(sidecar: Sidecar, *, user: object) -> None:
    """Write out what the sidecar holds; the last of its users closes it. Blocks for some seconds.

    Safe to call twice.
    """
    users = _USERS.get(sidecar, WeakSet())
    users.discard(user)
    if users:
        sidecar.flush()
    else:
        sidecar.close()


def _new_sidecar(settings: Settings) -> Sidecar:
    telemetry = settings.telemetry
    folder = settings.home / "telemetry"
    sink = make_sink(telemetry.otlp_endpoint) if telemetry.enabled else None
    sidecar = Sidecar(
        folder,
        enabled=telemetry.enabled,
        monitoring=Monitoring(
            interval_s=telemetry.interval_seconds,
            include_gpu=telemetry.include_gpu,
            thresholds=telemetry.thresholds.model_dump(exclude_none=True),
        ),
        prepare=ContentFilter(folder, capture=telemetry.capture_content),
        sinks=[sink] if sink else [],
        retention_days=telemetry.retention_days,
    )
    if sink is not None:
        # Weakly: the writer, which a thread keeps, has the sink, and so would keep the sidecar.
        living, last = ref(sidecar), sidecar.losses
        sink.report_to(lambda: one.losses if (one := living()) else last)
    return sidecar
