"""Counts of levels per option, for ratings and dates."""

from collections.abc import Mapping


class LevelCounts(tuple[int, ...]):
    """How many people gave an option each level; level 0 is first and counts nobody's rating."""

    __slots__ = ()

    @property
    def rated(self) -> int:
        """How many people gave a level above 0."""
        return sum(self[1:])

    @property
    def total(self) -> int:
        """The sum of the levels."""
        return sum(level * count for level, count in enumerate(self))

    @property
    def mean(self) -> float | None:
        """The mean level, with two decimals; None without ratings."""
        return round(self.total / self.rated, 2) if self.rated else None

    @property
    def median(self) -> float | None:
        """The middle level, or the mean of the two in the middle; None without ratings."""
        if not self.rated:
            return None
        return (self._level_at((self.rated - 1) // 2) + self._level_at(self.rated // 2)) / 2

    def _level_at(self, index: int) -> int:
        """The level of the rating at ``index``, from the lowest."""
        for level, count in enumerate(self[1:], start=1):
            if index < count:
                return level
            index -= count
        raise IndexError(index)


def count_levels(by_key: Mapping[str, int], options: int, highest: int) -> list[LevelCounts]:
    """Return the counts of each option from cells with keys like ``3:1`` (option:level)."""
    return [
        LevelCounts(by_key.get(f"{position}:{level}", 0) for level in range(highest + 1))
        for position in range(options)
    ]
