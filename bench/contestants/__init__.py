"""Tallyroom and what it is compared with, each as a server that runs within a block."""

from collections.abc import Callable
from contextlib import AbstractContextManager

from bench.contestants.base import Contestant, Setup
from bench.services import Services

Start = Callable[[Services, Setup], AbstractContextManager[Contestant]]
