"""The fast path: answers votes and anonymous reads without Django's request cycle.

Django and DRF cost such a request many times its own work: thread hops, ten middlewares, content
negotiation (see docs/performance.md). So they are answered here if they are plain (see
``plain_requests``). Everything else goes to the views, which define the API. Both call the same
services and selectors, and a property test holds their responses equal.
"""

from polling_site.asgi_middleware.messages import AsgiApp, Receive, Scope, Send
from polling_site.fast_path.reads import FastReads
from polling_site.fast_path.votes import FastVotes


class FastPath:
    """ASGI middleware that answers plain votes and plain reads, and passes on everything else."""

    def __init__(self, app: AsgiApp) -> None:
        self._app = app
        self._by_method: dict[str, AsgiApp] = {"GET": FastReads(app), "POST": FastVotes(app)}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self._by_method.get(scope["method"], self._app)(scope, receive, send)
