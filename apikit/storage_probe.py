"""Checks that the database accepts writes; with a full disk, reads still work."""

import os
import tempfile
import threading
import time
from pathlib import Path

from django.db import connection

from apikit.models import StorageProbe

# Random bytes, so that nothing compresses them, and more than a batch of votes writes: on a full
# disk, the rest of a page or file has room for less.
SIZE_BYTES = 65_536
# The health endpoint is public, and each probe is a write.
INTERVAL_S = 5.0

_ROW_ID = 1
_lock = threading.Lock()
_succeeded_at_s: float | None = None


def probe_storage() -> None:
    """Commit a write of :data:`SIZE_BYTES`, unless one succeeded within :data:`INTERVAL_S`.

    :raises django.db.Error: if it fails, with the message of the database.
    :raises OSError: if the disk that SQLite is on is full.
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
    """Write a file, because SQLite uses up its allocated space before it fails."""
    with tempfile.TemporaryFile(dir=directory) as file:
        file.write(bytes(SIZE_BYTES))
        file.flush()
        os.fsync(file.fileno())


def forget_probe() -> None:
    """Make the next probe write, however recent the last one is; for tests."""
    global _succeeded_at_s  # noqa: PLW0603
    _succeeded_at_s = None
