"""Whether the database takes writes: on a full or read-only disk it still answers reads."""

import os
import tempfile
import threading
import time
from pathlib import Path

from django.db import connection

from apikit.models import StorageProbe

# Random, so that nothing compresses it, and more than a batch of votes writes: what is left of a
# page or a file on a full disk has room for less.
SIZE_BYTES = 65_536
# Anybody may ask for the health of the service, and each probe is a write to the disk.
INTERVAL_S = 5.0

_ROW_ID = 1
_lock = threading.Lock()
_succeeded_at_s: float | None = None


def probe_storage() -> None:
    """Commits a write of :data:`SIZE_BYTES`, unless one succeeded within :data:`INTERVAL_S`.

    :raises django.db.Error: when it fails; the text is the database's own.
    :raises OSError: when the disk that SQLite is on is full.
    """
    global _succeeded_at_s  # noqa: PLW0603 - one state for each process
    with _lock:
        now_s = time.monotonic()
        if _succeeded_at_s is not None and now_s - _succeeded_at_s < INTERVAL_S:
            return
        if connection.vendor == "sqlite":
            _fill_a_file(Path(connection.settings_dict["NAME"]).parent)
        row = StorageProbe(id=_ROW_ID, filler=os.urandom(SIZE_BYTES))
        StorageProbe.objects.bulk_create(
            [row], update_conflicts=True, unique_fields=["id"], update_fields=["filler"]
        )
        _succeeded_at_s = now_s


def _fill_a_file(directory: Path) -> None:
    """SQLite first uses up the space it had allocated, so that a full disk shows late."""
    with tempfile.TemporaryFile(dir=directory) as file:
        file.write(bytes(SIZE_BYTES))
        file.flush()
        os.fsync(file.fileno())


def forget_probe() -> None:
    """Has the next probe write, however recent the last one is; for tests."""
    global _succeeded_at_s  # noqa: PLW0603
    _succeeded_at_s = None
