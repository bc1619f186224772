"""A TCP relay between two programs of a test: it can cut every connection, refuse new ones, and let go on."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress


class Relay:
    def __init__(self, target: int) -> None:
        self.port = 0
        self.cuts = 0
        self.is_open = True
        self._target = target
        self._pairs: set[asyncio.Task[None]] = set()

    async def cut(self) -> None:
        """Abort every connection, as a lost network does: no goodbye."""
        self.cuts += 1
        for task in self._pairs:
            task.cancel()
        if self._pairs:
            await asyncio.wait(self._pairs)

    @asynccontextmanager
    async def open(self) -> AsyncIterator["Relay"]:
        server = await asyncio.start_server(self._join, "127.0.0.1", 0)
        self.port = server.sockets[0].getsockname()[1]
        try:
            yield self
        finally:
            server.close()
            await self.cut()

    async def _join(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._pairs.add(task)
        with suppress(OSError, asyncio.CancelledError):
            if self.is_open:
                await self._relay(reader, writer)
        writer.transport.abort()
        self._pairs.discard(task)

    async def _relay(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        up_reader, up_writer = await asyncio.open_connection("127.0.0.1", self._target)
        try:
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(pump(reader, up_writer))
                tasks.create_task(pump(up_reader, writer))
        finally:
            up_writer.transport.abort()


async def pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with suppress(OSError):
        while data := await reader.read(65_536):
            writer.write(data)
            await writer.drain()
        if writer.can_write_eof():
            writer.write_eof()
