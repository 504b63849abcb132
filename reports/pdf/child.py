"""The process that typesets one report or slide, started by ``reports.pdf.typesetting``.

Reads a request as JSON from standard input, writes the file to standard output, and diagnostics to
standard error. A script of its own, so that it loads nothing of Django.
"""

import contextlib
import json
import os
import resource
import sys
from pathlib import Path
from typing import Any

# How the error of a character without a glyph begins, and others that the standard does not allow.
STANDARD = "PDF/UA-1"
_DIE_FIRST = "1000"


def main() -> None:
    request = json.load(sys.stdin.buffer)
    _limit(request["cpuS"], request["memoryBytes"])
    sys.path.insert(0, request["packages"])
    try:
        sys.stdout.buffer.write(_compile(request))
        sys.stdout.buffer.flush()
    except MemoryError:
        # As typst does.
        os.abort()


def _limit(cpu_s: int, memory_bytes: int) -> None:
    resource.setrlimit(resource.RLIMIT_CPU, (cpu_s, cpu_s))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    # Counts what is allocated; fonts are mapped from their files. Only Linux enforces it.
    resource.setrlimit(resource.RLIMIT_DATA, (memory_bytes, memory_bytes))
    # When memory is short, the kernel kills this process before the worker.
    with contextlib.suppress(OSError):
        Path("/proc/self/oom_score_adj").write_text(_DIE_FIRST)


def _compile(request: dict[str, Any]) -> bytes:
    """Compile a PNG, or a PDF: with the standard, unless a text has what it does not allow."""
    import typst

    compiler = typst.Compiler(
        request["template"],
        root=request["root"],
        font_paths=typst.Fonts(include_system_fonts=False, font_paths=request["fonts"]),
        sys_inputs={"report": request["report"]},
        # The template imports no packages, and nothing may be downloaded.
        package_path=request["root"],
        package_cache_path=request["root"],
    )

    def compile_with(**options: Any) -> bytes:
        content, warnings = compiler.compile_with_warnings(
            timestamp=request["createdAt"], **options
        )
        for warning in warnings:
            print(warning.diagnostic, file=sys.stderr)  # noqa: T201 - read by the worker
        assert isinstance(content, bytes)
        return content

    if request["ppi"]:
        return compile_with(format="png", ppi=request["ppi"])
    try:
        return compile_with(format="pdf", pdf_standards=["ua-1"])
    except typst.TypstError as error:
        print(error.diagnostic, file=sys.stderr)  # noqa: T201 - read by the worker
        if not error.message.startswith(STANDARD):
            raise
    return compile_with(format="pdf", pdf_standards=[])


if __name__ == "__main__":
    main()
