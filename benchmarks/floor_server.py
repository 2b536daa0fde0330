"""The least HTTP server: it keeps connections, reads a request by its length, and writes a ready answer."""

import asyncio
from collections.abc import Callable


class FloorServer(asyncio.Protocol):
    """``answer`` makes the whole HTTP answer from a request's body."""

    def __init__(self, answer: Callable[[bytes], bytes]) -> None:
        self._answer = answer
        self._buffer = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """A client came."""
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        """Answer each request that is complete."""
        self._buffer += data
        while (end := self._buffer.find(b"\r\n\r\n")) >= 0:
            head = self._buffer[:end].lower()
            length = int(head.split(b"content-length:", 1)[1].split(b"\r\n", 1)[0])
            if len(self._buffer) < end + 4 + length:
                return
            body = self._buffer[end + 4 : end + 4 + length]
            self._buffer = self._buffer[end + 4 + length :]
            self._transport.write(self._answer(body))


async def serve_forever(answer: Callable[[bytes], bytes]) -> None:
    """Print the port, then serve until killed."""
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: FloorServer(answer), "127.0.0.1", 0, backlog=1024)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()
