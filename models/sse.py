"""Server-sent events, as far as chat endpoints use them (WHATWG HTML, section 9.2)."""

MAX_EVENT_BYTES = 4_000_000
"""A longer event is refused: no model writes one, and a hostile endpoint must not fill the memory."""


class EventTooLongError(ValueError):
    """An event above :data:`MAX_EVENT_BYTES`."""


class EventStream:
    """Takes bytes as they come, gives the data of each finished event. Comments and other fields are skipped."""

    __slots__ = ("_data", "_rest", "_size")

    def __init__(self) -> None:
        self._rest = b""
        self._data: list[bytes] = []
        self._size = 0

    def feed(self, piece: bytes) -> list[bytes]:
        """Data of the events that ``piece`` completes, in order.

        Raises:
            EventTooLongError: a single event grows too large.
        """
        lines = (self._rest + piece if self._rest else piece).split(b"\n")
        self._rest = lines.pop()
        events: list[bytes] = []
        for line in lines:
            if line[-1:] == b"\r":
                line = line[:-1]
            if line[:5] == b"data:":
                value = line[6:] if line[5:6] == b" " else line[5:]
                self._data.append(value)
                self._size += len(value)
            elif not line and self._data:
                events.append(self._take())
        if self._size + len(self._rest) > MAX_EVENT_BYTES:
            raise EventTooLongError(f"one event of more than {MAX_EVENT_BYTES:,} bytes")
        return events

    def finish(self) -> list[bytes]:
        """The last event when the stream ended without the empty line that should close it."""
        events = self.feed(b"\n") if self._rest else []
        if self._data:
            events.append(self._take())
        return events

    def _take(self) -> bytes:
        data = self._data[0] if len(self._data) == 1 else b"\n".join(self._data)
        self._data.clear()
        self._size = 0
        return data
