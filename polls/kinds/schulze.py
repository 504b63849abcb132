"""The Schulze method (M. Schulze, "A new monotonic, clone-independent, reversal symmetric, and
condorcet-consistent single-winner election method", 2011), with winning votes.
"""

from collections.abc import Mapping

TIE, DEFEAT = 0, -1


def find_layers(count: int, pairs: Mapping[str, int]) -> list[list[int]]:
    """Return the options, best first; those in one layer are tied.

    ``pairs`` has the number of people who prefer one option to another, by keys like ``0>4``. Takes
    cubic time: 1.4 ms with twenty options.
    """
    strengths = _strongest_paths(count, pairs)
    remaining = list(range(count))
    layers = []
    while remaining:
        layer = [
            one
            for one in remaining
            if all(strengths[one][other] >= strengths[other][one] for other in remaining)
        ]
        layers.append(layer)
        remaining = [each for each in remaining if each not in layer]
    return layers


def _strongest_paths(count: int, pairs: Mapping[str, int]) -> list[list[int]]:
    """The strength of the strongest path between any two options (Floyd and Warshall)."""
    paths = _strengths(count, pairs)
    for middle, through in enumerate(paths):
        for one, row in enumerate(paths):
            to_middle = row[middle]
            # No path is weaker than a defeat.
            if one == middle or to_middle == DEFEAT:
                continue
            for other, onward in enumerate(through):
                # Twice as fast as with min() and max().
                strength = onward if onward < to_middle else to_middle  # noqa: FURB136
                if strength > row[other]:  # noqa: PLR1730
                    row[other] = strength
    return paths


def _strengths(count: int, pairs: Mapping[str, int]) -> list[list[int]]:
    """The strength of each link, by winning votes.

    More support is stronger, and of equals less opposition; a tie is stronger than a defeat.
    """
    support = [[0] * count for _ in range(count)]
    for key, number in pairs.items():
        one, _, other = key.partition(">")
        support[int(one)][int(other)] = number
    scale = max(pairs.values(), default=0) + 1
    opposition = list(zip(*support, strict=True))
    return [
        [
            won * scale - lost if won > lost else (TIE if won == lost else DEFEAT)
            for won, lost in zip(support[one], opposition[one], strict=True)
        ]
        for one in range(count)
    ]
