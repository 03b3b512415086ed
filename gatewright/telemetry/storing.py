"""Where the writer's rows go: a file of this process, and from time to time segments of it."""

import contextlib
import logging
import time
from collections.abc import Iterator
from pathlib import Path

from gatewright.telemetry import retention, segments
from gatewright.telemetry.files import Session, Slot, readers_knock, take_slot
from gatewright.telemetry.health import Health
from gatewright.telemetry.queue import Losses, Row

logger = logging.getLogger(__name__)

SWEEP_S = 24 * 3600.0
ROTATE_S = 600.0
"""Between two looks whether the file is old; how large it is can be seen at any time."""


class Store:
    """The file that this process owns, in a folder. For one thread, but for `abandon`."""

    def __init__(self, folder: Path, losses: Losses, *, retention_days: int) -> None:
        self.health = Health(losses)
        self._folder = folder
        self._losses = losses
        self._retention_days = retention_days
        self._number = -1
        self._slot: Slot | None = None
        self._put_aside = 0
        self._unpublished = 0
        self._publish_above = segments.EVERY_ROWS
        self._publish_at = self._sweep_at = self._rotate_at = 0.0
        self._rotated = False

    @property
    def is_open(self) -> bool:
        """Whether others are kept from reading."""
        return self._slot is not None and self._slot.is_open

    def own(self) -> None:
        """Make sure that there is a file to write. Raises: OSError."""
        if self._slot is not None and not self._slot.is_ours():  # somebody removed the folder
            self.release()
        if self._slot is None:
            self._number, self._slot = take_slot(self._folder)
            self._rotated = False

    def own_another(self) -> None:
        """Leave the file to whoever holds it. Raises: OSError when there is no other."""
        number, slot = take_slot(self._folder, beyond=self._number)
        self.release()
        self._number, self._slot, self._rotated = number, slot, False

    def harmless(self, rows: list[Row]) -> list[Row]:
        """Rows but those whose values end the thread that looks at them; these are counted."""
        with self._open() as session:
            return session.columns.buildable(rows, self._losses)

    def write(self, rows: list[Row], *, queued: int) -> list[Row]:
        """Rows, and a word about the sidecar's health if it is time; those that were written.

        Raises: Busy, OSError, duckdb.Error when nothing could be written.
        """
        with self._open() as session:
            written = session.columns.store(rows, self._losses)
        if not self._unpublished:
            self._publish_at = time.monotonic() + segments.EVERY_S
        self._unpublished += len(written)
        self.health.wrote(len(written))
        if self.health.due(now_writing=bool(rows)):
            self._say(queued)
        return written

    def finish(self) -> None:
        """The last word, and what is in no segment yet. Raises: Busy, OSError, duckdb.Error."""
        if self._slot is None:
            return
        if self.health.due(now_writing=False, last=True):
            self._say(0)
        self.publish(final=True)

    def _say(self, queued: int) -> None:
        """A word about health; the rows before it are written, whatever becomes of it."""
        try:
            with self._open() as session:
                session.columns.store([self.health.row(queued)], self._losses)
        except Exception as error:  # noqa: BLE001  as above
            self._failed("health", error)
        else:
            self.health.said()

    @contextlib.contextmanager
    def _open(self) -> Iterator[Session]:
        if self._slot is None:
            self.own()
        assert self._slot is not None
        slot = self._slot
        with slot.open() as session:
            self._note_broken(slot)
            if self._rotated or not self._rotate(slot, session):
                self._rotated = True
                yield session
                return
        self._rotated = True
        with slot.open() as session:
            yield session

    def publish_in_s(self) -> float | None:
        """Until rows that wait for a segment must be published; None: there are none."""
        if not self._unpublished:
            return None
        if self._unpublished >= self._publish_above:
            return 0.0
        return max(0.0, self._publish_at - time.monotonic())

    def publish(self, *, final: bool = False) -> None:
        """Put what was written into segments; what fails is tried again later, and counted.

        Raises: Busy.
        """
        if self._slot is None or not self._unpublished:
            return
        self._publish_at = time.monotonic() + segments.EVERY_S
        self._publish_above = self._unpublished + segments.EVERY_ROWS
        slot = self._slot
        with slot.open() as session:
            connection = session.connection
            connection.execute("PRAGMA enable_optimizer").fetchall()
            try:
                origin = segments.origin_of(connection)
                segments.publish(connection, self._folder, origin, final=final)
            except Exception as error:  # noqa: BLE001  the rows are safe where they are
                self._failed("publish", error)
            else:
                self._unpublished, self._publish_above = 0, segments.EVERY_ROWS
                if not final and self._may_rotate(slot) and self._rotate(slot, session):
                    return
            connection.execute("PRAGMA disable_optimizer").fetchall()

    def sweep(self) -> None:
        """Once a day, remove what is older than it should be."""
        now = time.monotonic()
        if self._slot is None or now < self._sweep_at:
            return
        self._sweep_at = now + SWEEP_S
        try:
            retention.sweep(self._folder, retention_days=self._retention_days)
        except Exception as error:  # noqa: BLE001  tomorrow is another day
            self._failed("sweep", error)

    def knocked(self) -> bool:
        """Whether somebody wants to read."""
        return readers_knock(self._folder)

    def shut(self) -> None:
        """Let others read; never raises."""
        if self._slot is not None:
            self._slot.shut()

    def release(self) -> None:
        """Let another process have the file; never raises."""
        if self._slot is not None:
            self._slot.release()
            self._slot, self._number = None, -1

    def _may_rotate(self, slot: Slot) -> bool:
        """Whether it is worth asking: asking costs as much as publishing some rows."""
        with contextlib.suppress(OSError):
            if slot.path.stat().st_size > retention.MAX_BYTES:
                return True
        return time.monotonic() >= self._rotate_at

    def _rotate(self, slot: Slot, session: Session) -> bool:
        """Whether the file was old or large, or could not be rotated: it must be opened again."""
        self._rotate_at = time.monotonic() + ROTATE_S
        session.columns.attach(None)  # an appender would keep a closed file open
        try:
            if not retention.rotate(session.connection, slot.path, self._folder):
                session.columns.attach(session.connection)
                return False
        except Exception as error:  # noqa: BLE001  then it grows for another minute
            self._failed("rotate", error)
        slot.shut()
        return True

    def _note_broken(self, slot: Slot) -> None:
        if slot.put_aside == self._put_aside:
            return
        self._losses.error("broken file put aside", slot.put_aside - self._put_aside)
        self._put_aside = slot.put_aside
        logger.warning(
            "%s could not be read any more; it was renamed to *.corrupt-*, and a new one begun",
            slot.path,
        )

    def _failed(self, what: str, error: Exception) -> None:
        name = f"{what}: {type(error).__name__}"
        if name not in self._losses.errors:
            logger.warning(
                "telemetry: %s failed in %s (%s); it is tried again", what, self._folder, error
            )
        self._losses.error(name)
