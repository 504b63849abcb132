"""Which percentages pages show: of people, so that equal counts are equal shares."""

from dataclasses import replace

from polls.tally import PollResults


def results_for_page(results: PollResults) -> PollResults:
    """``results`` with the ``percentage`` that pages and their scripts show.

    The API's ``percentage`` is a share of all votes, made to add up to 100.0: three options with
    a vote each stand at 33.4, 33.3 and 33.3. Where people may choose several, an option that
    everybody chose can stand at 50.0. Pages show shares of people, rounded one by one, as
    ``ofPeople`` in ``js/poll_store.js`` does for what comes over the socket.
    """
    options = tuple(
        replace(option, percentage=option.percentage_of_voters) for option in results.options
    )
    return replace(results, options=options)
