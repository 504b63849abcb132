"""The percentages that pages show: shares of voters, so that equal counts are equal shares."""

from dataclasses import replace

from polls.tally import PollResults


def results_for_page(results: PollResults) -> PollResults:
    """Returns ``results`` with the ``percentage`` that pages and their scripts show.

    The API's ``percentage`` is a share of all votes, made to add up to 100.0: three options with
    a vote each have 33.4, 33.3 and 33.3. In a multiple-choice poll, an option that everyone chose
    can have 50.0. Pages show shares of voters, each rounded on its own; ``ofPeople`` in
    ``js/poll_store.js`` does the same for socket frames.
    """
    options = tuple(
        replace(option, percentage=option.percentage_of_voters) for option in results.options
    )
    return replace(results, options=options)
