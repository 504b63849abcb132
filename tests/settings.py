"""The product's settings, with what tests need otherwise."""

import os
import re
from pathlib import Path

WORKER = os.environ.get("PYTEST_XDIST_WORKER", "main")
# Tests of different workers run at the same time, and must not share events or counters.
if WORKER.startswith("gw") and os.environ.get("REDIS_URL"):
    server = re.sub(r"/[0-9]*$", "", os.environ["REDIS_URL"])
    os.environ["REDIS_URL"] = f"{server}/{int(WORKER[2:]) + 1}"
VAR_DIR = Path(__file__).resolve().parent.parent / "var" / "tests" / WORKER

os.environ.update(
    ENVIRONMENT="test",
    VAR_DIR=str(VAR_DIR),
    # Tests of the limits set limits of their own.
    RATE_LIMIT_MAX_REQUESTS="0",
    LOG_LEVEL="WARNING",
)

from polling_site.settings import *  # noqa: E402, F403
from polling_site.settings import (  # noqa: E402
    DATABASES,
    IS_EMBEDDED,
    STORAGES,
)

if IS_EMBEDDED:
    # No test cuts the power, so none has to wait for the disk.
    DATABASES["default"]["OPTIONS"]["init_command"] = (
        "PRAGMA journal_mode=WAL; PRAGMA synchronous=OFF;"
    )

# Files go by their own names where collectstatic hasn't run.
STORAGES["staticfiles"]["BACKEND"] = "django.contrib.staticfiles.storage.StaticFilesStorage"

EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
