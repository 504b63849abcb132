"""Which percentages pages show: of people, also where a person may choose several options."""

from dataclasses import replace

from polls.models import Poll, PollKind
from polls.tally import PollResults


def results_for_page(results: PollResults, poll: Poll) -> PollResults:
    """``results`` with the ``percentage`` that pages and their scripts show.

    The API's ``percentage`` is a share of all votes: with several choices each, an option that
    everybody chose stands at 50 %. Pages show shares of people for such polls, as
    ``ofPeople`` in ``js/poll_store.js`` does for what comes over the socket.
    """
    if poll.kind == PollKind.SINGLE:
        return results
    options = tuple(
        replace(option, percentage=option.percentage_of_voters) for option in results.options
    )
    return replace(results, options=options)
