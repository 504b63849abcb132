"""The express lane: what a whole room does at once, without going through Django.

On its way through Django and DRF a request costs many times what is done for it (hops to threads,
ten middlewares, content negotiation; see docs/performance.md). So votes, and the reads that need no
token, are answered here when they come in their plain form. Everything else, each odd header, body
or token, is left to the views, which define the calls: both lead to the same services and
selectors, and the tests compare their answers to the letter.
"""

from polling_site.fast_path.plain_requests import AsgiApp
from polling_site.fast_path.reads import express_reads
from polling_site.fast_path.votes import express_votes


def express_lane(app: AsgiApp) -> AsgiApp:
    """``app``, with plain votes and plain reads answered before it."""
    return express_votes(express_reads(app))
