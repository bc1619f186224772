"""Many idle or listening sockets in a process of its own.

``python -m bench.crowd URL COUNT [COOKIE]`` opens them, prints the number, then one line with the text frames received
whenever a line comes in; ends at the end of its input.
"""

from __future__ import annotations

import asyncio
import base64
import os
import sys

HELLO = b'{"t":"hello","after":null}'


class Crowd:
    def __init__(self, port: int, count: int, cookies: list[str]) -> None:
        self.port = port
        self.count = count
        self.cookies = cookies
        self.frames = 0
        self.bytes = 0

    async def run(self) -> None:
        step = 50
        for start in range(0, self.count, step):
            await asyncio.gather(*(self._join(number) for number in range(start, min(self.count, start + step))))
        print(self.count, flush=True)
        loop = asyncio.get_running_loop()
        while line := await loop.run_in_executor(None, sys.stdin.readline):
            print(self.frames, self.bytes, line.strip(), flush=True)

    async def _join(self, number: int) -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
        cookie = f"Cookie: continuo={self.cookies[number % len(self.cookies)]}\r\n" if self.cookies else ""
        key = base64.b64encode(os.urandom(16)).decode()
        writer.write(
            f"GET /api/live HTTP/1.1\r\nHost: 127.0.0.1:{self.port}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            f"Sec-WebSocket-Key: {key}\r\nSec-WebSocket-Version: 13\r\n{cookie}\r\n".encode()
        )
        head = await reader.readuntil(b"\r\n\r\n")
        if b" 101 " not in head:
            raise RuntimeError(head.decode())
        writer.write(masked(HELLO))
        task = asyncio.get_running_loop().create_task(self._listen(reader, writer))
        _running.add(task)

    async def _listen(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while True:
            first, second = await reader.readexactly(2)
            size = second & 0x7F
            if size == 126:
                size = int.from_bytes(await reader.readexactly(2), "big")
            elif size == 127:
                size = int.from_bytes(await reader.readexactly(8), "big")
            await reader.readexactly(size)
            if first & 0x0F == 1:
                self.frames += 1
                self.bytes += size


_running: set[asyncio.Task[None]] = set()


def masked(payload: bytes) -> bytes:
    mask = os.urandom(4)
    return bytes((0x81, 0x80 | len(payload))) + mask + bytes(b ^ mask[i % 4] for i, b in enumerate(payload))


def main() -> None:
    import uvloop

    port, count, *cookies = sys.argv[1:]
    uvloop.run(Crowd(int(port), int(count), cookies).run())


if __name__ == "__main__":
    main()
