"""Functions that are called when people join or leave a topic, or change."""

from collections.abc import Callable, Collection

from apikit.background import report_failure


class Watcher:
    """Collects the keys of people that may have ``changed``, and reports them together."""

    def __init__(self, report: Callable[[Collection[int]], None]) -> None:
        self.changed: set[int] = set()
        self._report = report

    def flush(self) -> None:
        """Reports what has been collected, if anything."""
        if self.changed:
            changed, self.changed = self.changed, set()
            try:
                self._report(changed)
            except Exception as error:  # noqa: BLE001 - outermost
                report_failure("presence", error, "change of presence not handled")
