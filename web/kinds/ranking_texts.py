"""Sentences of the pages of ``ranking``, for its templates and its scripts."""

from collections.abc import Callable
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext, pgettext

# A number for each CLDR plural category. ``Intl.PluralRules`` never returns a category that the
# language lacks.
_EXAMPLES = {"zero": 0, "one": 1, "two": 2, "few": 3, "many": 11, "other": 100}


def script_texts() -> dict[str, Any]:
    """Sentences by name; the scripts fill in their ``{places}``."""
    return {**_ballot_texts(), **result_texts(), **_step_texts()}


def points_text(count: int) -> str:
    return ngettext("{count} point", "{count} points", count)


def votes_text(count: int) -> str:
    return ngettext("{count} vote", "{count} votes", count)


def left_text(count: int) -> str:
    return ngettext(
        "Rank all options first. {count} option is not ranked yet.",
        "Rank all options first. {count} options are not ranked yet.",
        count,
    )


def _ballot_texts() -> dict[str, Any]:
    return {
        "left": _plurals(left_text),
        "rankFirst": _("Rank at least one option."),
        "ranked": _("{count} of {max} ranked"),
        "grip": _("{option}, position {place} of {count}"),
        "gripUnranked": _("{option}, not ranked"),
        "add": _("Rank {option}"),
        "up": _("Move {option} up"),
        "down": _("Move {option} down"),
        "remove": _("Remove {option} from your ranking"),
        "grabbed": _("{option}, picked up. Position {place} of {count}."),
        "grabbedUnranked": _("{option}, picked up. Not ranked."),
        "moved": _("{option}, moved to position {place} of {count}"),
        "movedUnranked": _("{option}, not ranked any more"),
        "dropped": _("{option}, dropped at position {place} of {count}"),
        "droppedUnranked": _("{option}, dropped. Not ranked."),
        "cancelled": _("Move canceled. {option}, position {place} of {count}"),
        "cancelledUnranked": _("Move canceled. {option}, not ranked"),
        "cleared": _("All options are unranked."),
        "enough": _("You’ve reached the limit. Remove an option to rank another."),
    }


def result_texts() -> dict[str, Any]:
    """Sentences of results, which the server and the script fill in alike."""
    return {
        "points": _plurals(points_text),
        "votes": _plurals(votes_text),
        "firsts": _("{count}× first"),
        "base": _("ranked by {count} of {total}"),
        "winner": _("Winner"),
        "tied": _("Tied"),
        "separator": pgettext("between the items of a list", ", "),
        "leads": _("{option} leads with {value}"),
        "leadsPairs": _("{option} leads the head-to-head comparison"),
        "level": _("Tied for first place: {options}"),
        "wins": _("Winner: {option} ({value})"),
        "winsPlainly": _("Winner: {option}"),
        "beatsAll": _("Winner: {option}, preferred to every other option"),
        "winsRound": _("Winner: {option} ({count} of {total} votes in round {round})"),
        "winsAfterTie": _(
            "Winner: {option} ({count} of {total} votes in round {round}, after a tie)"
        ),
        "lastTie": _("Tied in the last round: {options}. {option} is listed first."),
        "counting": _("Counting the rounds …"),
        "summaryItem": _("{option}: {value}"),
        "pointsNote": _("A first choice is worth {points}, each further place one less."),
        "pairsNote": _("Each square: how many people prefer its row to its column."),
        "firstsNote": _("First choices so far. The rounds are counted when voting closes."),
        "heads": _heads(),
        "cells": _cells(),
    }


def _heads() -> dict[str, str]:
    return {
        "option": _("Option"),
        "place": _("Place"),
        "points": _("Points"),
        "firsts": _("First choices"),
        "share": _("Share"),
        "rankedBy": _("Ranked by"),
        "wins": _("Wins"),
        "ties": _("Ties"),
        "losses": _("Losses"),
        "round": _("Round {round}"),
        "outcome": _("Outcome"),
    }


def _cells() -> dict[str, str]:
    return {
        "of": _("{count} of {total}"),
        "none": _("No choice left"),
        "won": _("Winner"),
        "out": _("Eliminated in round {round}"),
        "outTied": _("Eliminated in round {round} (tie)"),
        "left": _("Remained"),
        "wins": _("{row} beats {column}"),
        "loses": _("{row} loses to {column}"),
        "ties": _("{row} ties with {column}"),
    }


def _step_texts() -> dict[str, Any]:
    return {
        "round": _("Round {round} of {count}"),
        "play": _("Play the rounds"),
        "pause": _("Pause"),
        "previous": _("Previous round"),
        "next": _("Next round"),
        "majority": _("More than half: {count} votes"),
        "roundOut": _("{option} has the fewest votes and is eliminated."),
        "roundOutTied": _(
            "Tie for the fewest votes: {option} is eliminated, because it is listed last."
        ),
        "roundWon": _("{option} has more than half of the votes."),
        "roundLast": _("{option} is the last one left."),
        "roundTransfers": _("The votes of {option} go to their next choices."),
        "exhausted": _plurals(exhausted_text),
    }


def exhausted_text(count: int) -> str:
    return ngettext("{count} vote has no choice left.", "{count} votes have no choice left.", count)


def _plurals(text: Callable[[int], str]) -> dict[str, str]:
    return {category: text(example) for category, example in _EXAMPLES.items()}
