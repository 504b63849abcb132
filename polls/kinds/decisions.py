"""What hosts have decided about words, applied to cells."""

from collections.abc import Mapping
from dataclasses import dataclass, field


class MergeCycleError(ValueError):
    """A word would count as itself, or as a word that is removed."""


@dataclass(frozen=True, slots=True)
class WordDecisions:
    """Words that are not shown, and words that count as others; all by their keys.

    No word in ``merged`` counts as one that is merged itself: :meth:`target_of` flattens chains.
    ``texts`` are the words that others count as, as the host wrote them.
    """

    removed: frozenset[str] = frozenset()
    merged: Mapping[str, str] = field(default_factory=dict)
    texts: Mapping[str, str] = field(default_factory=dict)

    @property
    def keys(self) -> frozenset[str]:
        """All words that a view has to know, however rare they are."""
        return self.removed | self.merged.keys() | set(self.merged.values())

    def target_of(self, key: str) -> str:
        """Return what a word counts as."""
        return self.merged.get(key, key)

    def check_merge(self, key: str, into: str) -> str:
        """Return the word that ``key`` would count as if it were merged into ``into``.

        :raises MergeCycleError: if there is none.
        """
        target = self.target_of(into)
        if target == key:
            raise MergeCycleError("A word cannot count as itself.")
        if target in self.removed:
            raise MergeCycleError("That word is removed.")
        return target

    def apply(self, words: Mapping[str, int]) -> dict[str, int]:
        """Return how often each shown word was sent, with the words that count as it."""
        shown: dict[str, int] = {}
        for key, count in words.items():
            target = self.target_of(key)
            if key not in self.removed and target not in self.removed:
                shown[target] = shown.get(target, 0) + count
        return shown
