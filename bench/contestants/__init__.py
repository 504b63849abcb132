"""Tallyroom and the servers it is compared with, each as a context manager."""

from collections.abc import Callable
from contextlib import AbstractContextManager

from bench.contestants.base import Contestant, Setup
from bench.services import Services

Start = Callable[[Services, Setup], AbstractContextManager[Contestant]]
