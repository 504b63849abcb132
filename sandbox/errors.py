"""Errors of the sandbox itself; what a program does wrong is part of its outcome."""


class SandboxError(Exception):
    """The base class."""


class SandboxUnavailableError(SandboxError):
    """This machine cannot confine programs; the text says what it lacks."""


class SandboxFailedError(SandboxError):
    """The process did not start, or ended without a report. Another attempt may succeed."""


class ProgramStoppedError(SandboxError):
    """The caller stopped the program."""
