"""The interface between the pages and the kinds of polls.

A kind has, each under its name:

- a module here with a subclass of :class:`KindPages`, listed in ``web.kinds.registry``
- ``templates/web/kinds/<kind>_ballot.html``: the fields of the voter's form, which work without a
  script. Context: ``poll``, ``state`` (a VoterState), ``ballot`` (``ballot_context``).
- ``templates/web/kinds/<kind>_result.html``: what people see of the results, for the voter's page,
  the stage, ``/manage`` and embedded frames; readable without a script. Context: ``poll``,
  ``results`` (a PollResults), ``surface`` ("vote", "stage" or "manage"), ``result``
  (``result_context``). Numbers are None while the results are hidden.
- ``static/web/js/kinds/<kind>_ballot.js`` and ``<kind>_result.js``: see ``kind_ballot.js`` and
  ``kind_result.js`` there
- ``static/web/css/kinds/<kind>.css``

The choices (single and multiple) are drawn as bars by the pages themselves.
"""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import Any, ClassVar

from django.http import QueryDict

from polls.kinds.base import SentAnswer
from polls.models import Poll, PollKind
from polls.tally import PollResults


class KindPages(ABC):
    """What the pages of a kind show; without state, one instance serves all requests."""

    kind: ClassVar[PollKind]
    # Modules that its two scripts import, except those that all pages load: names in ``js/kinds/``,
    # or paths below ``js/`` like ``present/chart.js``.
    ballot_modules: ClassVar[Sequence[str]] = ()
    result_modules: ClassVar[Sequence[str]] = ()

    @abstractmethod
    def hint(self, poll: Poll) -> str:
        """Return what voters are to do, in a sentence."""

    @abstractmethod
    def read_form(self, poll: Poll, fields: QueryDict) -> list[SentAnswer]:
        """Return the answers of a form that was sent without a script; empty if there are none.

        The kind of the poll checks them afterwards. The options of ``poll`` are loaded.

        :raises ValidationFailedError: for fields that cannot be read.
        """

    def ballot_context(self, poll: Poll, answers: Sequence[SentAnswer]) -> dict[str, Any]:
        """Return the ``ballot`` of the ballot's template; ``answers`` are those of this voter."""
        return {}

    def result_context(self, poll: Poll, results: PollResults) -> dict[str, Any]:
        """Return the ``result`` of the result's template."""
        return {}

    def outcome(self, poll: Poll, results: PollResults) -> str:
        """Return the outcome of a closed poll as a sentence for the stage; empty for none."""
        return ""

    def texts(self, poll: Poll) -> dict[str, Any]:
        """Return translated sentences for both scripts, which get them as ``texts.kind``."""
        return {}
