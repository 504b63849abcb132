"""The parameters of every measure: the services, and how long it may take."""

from dataclasses import dataclass

from bench.services import Services


@dataclass(frozen=True, slots=True)
class Bench:
    """With ``is_quick``, runs are short: they check that everything works, nothing more."""

    services: Services
    is_quick: bool

    @property
    def repetitions(self) -> int:
        return 1 if self.is_quick else 3

    def seconds(self, usual: float) -> float:
        """Returns the duration of a load."""
        return usual / 4 if self.is_quick else usual

    def size(self, usual: int) -> int:
        """Returns a number of sockets, voters, etc."""
        return max(1, usual // 10) if self.is_quick else usual
