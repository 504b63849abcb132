"""What every measure gets: the services, and how long it may take."""

from dataclasses import dataclass

from bench.services import Services


@dataclass(frozen=True, slots=True)
class Bench:
    """``is_quick`` shows that everything works; its figures say little."""

    services: Services
    is_quick: bool

    @property
    def repetitions(self) -> int:
        return 1 if self.is_quick else 3

    def seconds(self, usual: float) -> float:
        """How long a load lasts."""
        return usual / 4 if self.is_quick else usual

    def size(self, usual: int) -> int:
        """How many of something there are."""
        return max(1, usual // 10) if self.is_quick else usual
