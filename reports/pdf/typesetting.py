"""Typesets reports and slides with typst, in a process of its own.

typst releases the interpreter's lock while it compiles, but cannot be interrupted, and keeps what
it has computed in caches that live as long as the process. A process can be killed, and its memory
is bounded.
"""

import contextlib
import importlib.util
import json
import os
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, BinaryIO, cast

import structlog
from django.conf import settings

from jobs.errors import ResultTooLargeError

log = structlog.get_logger(__name__)

MIB = 1024 * 1024
# Twice what 500 polls with five options need.
MEMORY_BYTES = 1536 * MIB
CPU_S = 120
TIMEOUT_S = 300.0
# Two threads, whatever the number of processors: votes need them as well.
THREADS = 2
# Of a slide: many times what one with fifty long options needs.
SLIDE_MEMORY_BYTES = 768 * MIB
SLIDE_CPU_S = 20
SLIDE_TIMEOUT_S = 60.0
# How often the caller is asked whether to go on.
CHECK_INTERVAL_S = 0.1
# Packages that carry fonts: Latin, Greek, Cyrillic, Arabic, Hebrew, many Indian and other scripts,
# and emoji; Chinese, Japanese and Korean.
FONT_PACKAGES = ("manimgx_fonts", "manimgx_fonts_cjk")
TEMPLATES = Path(__file__).parent / "template"
TOO_LARGE = "The report is too large for a PDF. Choose XLSX."
_STDERR_SHOWN_BYTES = 2000

# One process at a time in each worker, because of its memory.
_one_at_a_time = threading.Lock()


class TypesettingError(Exception):
    """The report could not be typeset; the text has the diagnostics, for the log."""


def typeset(document: dict[str, Any], file: BinaryIO, check: Callable[[], None]) -> None:
    """Write a document as PDF into ``file``.

    It conforms to PDF/UA-1 unless it contains a character that no font has. ``check`` is called
    several times a second; what it raises ends the process.

    :raises ResultTooLargeError: if it needs too much time or memory.
    :raises TypesettingError: for anything else, such as a missing font package.
    """
    with _turn(check):
        _typeset(_request(document, "report.typ"), file, check, TIMEOUT_S)


def draw(slide: dict[str, Any], ppi: float, file: BinaryIO) -> None:
    """Write a slide as PNG into ``file``, in so many pixels per inch.

    Requests for slides take turns among the heavy ones, and wait for no report.

    :raises ResultTooLargeError: if it needs too much time or memory.
    :raises TypesettingError: for anything else, such as a missing font package.
    """
    request = _request(slide, "slide.typ") | {
        "ppi": ppi,
        "cpuS": SLIDE_CPU_S,
        "memoryBytes": SLIDE_MEMORY_BYTES,
    }
    _typeset(request, file, lambda: None, SLIDE_TIMEOUT_S)


def _typeset(
    request: dict[str, Any], file: BinaryIO, check: Callable[[], None], timeout_s: float
) -> None:
    with _temporary() as sent, _temporary() as output, _temporary() as errors:
        sent.write(json.dumps(request).encode())
        sent.seek(0)
        code = _run(sent, output, errors, check, timeout_s)
        diagnostics = _read_end(errors)
        if code < 0:
            log.warning("typesetting was killed", signal=-code, diagnostics=diagnostics)
            raise ResultTooLargeError(TOO_LARGE)
        if code:
            raise TypesettingError(diagnostics)
        if diagnostics:
            log.warning("typesetting was difficult", diagnostics=diagnostics)
        output.seek(0)
        shutil.copyfileobj(output, file)


@contextlib.contextmanager
def _turn(check: Callable[[], None]) -> Iterator[None]:
    while not _one_at_a_time.acquire(timeout=CHECK_INTERVAL_S):
        check()
    try:
        yield
    finally:
        _one_at_a_time.release()


def _temporary() -> BinaryIO:
    return cast(BinaryIO, tempfile.TemporaryFile())


def _request(document: dict[str, Any], template: str) -> dict[str, Any]:
    fonts = [_folder_of(package) for package in FONT_PACKAGES]
    if settings.REPORT_FONTS_DIR:
        fonts.append(settings.REPORT_FONTS_DIR)
    return {
        "template": str(TEMPLATES / template),
        # typst reads no file outside of it.
        "root": str(TEMPLATES),
        "fonts": fonts,
        "packages": str(Path(_folder_of("typst")).parent),
        "report": json.dumps(document),
        "createdAt": document["createdAt"],
        # Of a PNG; 0 for a PDF.
        "ppi": 0,
        "cpuS": CPU_S,
        "memoryBytes": MEMORY_BYTES,
    }


def _folder_of(package: str) -> str:
    """Return the folder of an installed package, without importing it.

    :raises TypesettingError: if it is missing.
    """
    spec = importlib.util.find_spec(package)
    if spec is None or spec.origin is None:
        raise TypesettingError(f"The package {package} is not installed.")
    return str(Path(spec.origin).parent)


def _run(
    request: BinaryIO,
    output: BinaryIO,
    errors: BinaryIO,
    check: Callable[[], None],
    timeout_s: float,
) -> int:
    """Run the process to its end; return its exit code, or minus the signal that ended it."""
    end_s = time.monotonic() + timeout_s
    process = subprocess.Popen(  # noqa: S603 - our own command
        # Without the environment's and the site's ways to change Python.
        [sys.executable, "-I", "-S", "-B", str(Path(__file__).with_name("child.py"))],
        env={"RAYON_NUM_THREADS": str(THREADS)},
        stdin=request,
        stdout=output,
        stderr=errors,
        start_new_session=True,
        cwd="/",
    )
    try:
        while True:
            try:
                return process.wait(CHECK_INTERVAL_S)
            except subprocess.TimeoutExpired:
                check()
            if time.monotonic() > end_s:
                process.kill()
    finally:
        process.kill()
        process.wait()


def _read_end(file: BinaryIO) -> str:
    size = os.fstat(file.fileno()).st_size
    file.seek(max(0, size - _STDERR_SHOWN_BYTES))
    return file.read().decode(errors="replace").strip()
