"""How far one client has read a stored log, so that it gets every entry exactly once."""

from realtime.frames import Frame

# Entries that wait while a client joins; reading takes milliseconds.
MAX_HELD = 500


class LogCursor:
    """The position up to which a client has the entries of a log.

    A new cursor holds entries back until :meth:`release`: the client gets the reply to its join
    first, which has the entries before them.
    """

    __slots__ = ("_held", "_position")

    def __init__(self) -> None:
        self._position = 0
        self._held: dict[int, Frame] | None = {}

    @property
    def is_full(self) -> bool:
        """Whether more entries wait than a client may miss."""
        return self._held is not None and len(self._held) > MAX_HELD

    def passes(self, position: int, frame: Frame) -> bool:
        """Whether the entry is to be written now; moves the cursor if so."""
        if self._held is not None:
            self._held[position] = frame
            return False
        if position <= self._position:
            return False
        self._position = position
        return True

    def release(self, position: int) -> list[Frame]:
        """Returns the held entries after ``position``, in order; later ones pass."""
        held, self._held = self._held or {}, None
        due = sorted(each for each in held if each > position)
        self._position = due[-1] if due else position
        return [held[each] for each in due]
