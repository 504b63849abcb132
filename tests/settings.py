"""The product's settings, with what tests need otherwise."""

import os
from pathlib import Path

WORKER = os.environ.get("PYTEST_XDIST_WORKER", "main")
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
    CHANNEL_LAYERS,
    DATABASES,
    IS_EMBEDDED,
    STORAGES,
)

if IS_EMBEDDED:
    # No test cuts the power, so none has to wait for the disk.
    DATABASES["default"]["OPTIONS"]["init_command"] = (
        "PRAGMA journal_mode=WAL; PRAGMA synchronous=OFF;"
    )

# Workers share a Redis, and must not hear each other.
if "CONFIG" in CHANNEL_LAYERS["default"]:
    CHANNEL_LAYERS["default"]["CONFIG"]["prefix"] = f"test-{WORKER}"

# Files go by their own names where collectstatic hasn't run.
STORAGES["staticfiles"]["BACKEND"] = "django.contrib.staticfiles.storage.StaticFilesStorage"

EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
