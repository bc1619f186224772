"""Ten thousand ways to spoil a payload: a seeded mutator that knows what parsers trip over."""

import base64
import copy
import json
from collections.abc import Callable
from random import Random
from typing import Any

Mutation = Callable[[Random, bytearray], bytearray]
PIECES = [
    b"\0",
    b"\r",
    b"\n",
    b"\r\n\r\n",
    b"\xff\xfe",
    b"\xed\xa0\x80",
    b"=?utf-8?q?",
    b"=?x?b?" + b"A" * 50,
    b"?=",
    b"=?utf-7?B?KysrKw==?=",
    b'boundary="',
    b"--",
    b"\r\n--b--\r\n",
    b"charset=utf-16",
    b"charset=idna",
    b"filename*0*=''%",
    b"filename*99999999999999999999=x",
    b"Content-Transfer-Encoding: base64\r\n",
    b"Content-Transfer-Encoding: uuencode\r\n",
    b"Content-Type: message/rfc822\r\n",
    b"Content-Type: multipart/mixed\r\n",
    b"<" * 300,
    b"(" * 300,
    b'"' * 9,
    b"@" * 99,
    b"{" * 200,
    b"[" * 200,
    b'{"a":' * 100,
    b"\\ud800",
    b"\\u0000",
    b"1e999999",
    b"-" * 40,
    b"9" * 5_000,
    b"On 1 wrote:\r\n",
    b"> " * 200,
    b"<div>" * 300,
    b"<img src='cid:x'>",
    b"&#x0;&#xd800;&#1114112;",
    b"Date: Mon, 99 Foo 99999 99:99:99 +9999\r\n",
    b"Message-ID: <>\r\n",
    b"From: \r\n",
    b"References: " + b"<a@b>" * 400 + b"\r\n",
    "\u202e\u2066\ufeff".encode(),
    b"\x1b$B\x1b(B\x1b",
]


def flip(chance: Random, body: bytearray) -> bytearray:
    for _ in range(chance.randint(1, 8)):
        body[chance.randrange(len(body))] ^= 1 << chance.randrange(8)
    return body


def insert(chance: Random, body: bytearray) -> bytearray:
    at = chance.randrange(len(body))
    body[at:at] = chance.choice(PIECES) * chance.choice((1, 1, 1, 3, 40))
    return body


def cut(chance: Random, body: bytearray) -> bytearray:
    start = chance.randrange(len(body))
    del body[start : start + chance.randint(1, max(1, len(body) // 3))]
    return body


def truncate(chance: Random, body: bytearray) -> bytearray:
    return body[: chance.randrange(len(body))]


def repeat(chance: Random, body: bytearray) -> bytearray:
    start = chance.randrange(len(body))
    piece = body[start : start + chance.randint(1, 400)]
    return body[:start] + piece * chance.choice((2, 5, 60)) + body[start:]


def swap_lines(chance: Random, body: bytearray) -> bytearray:
    lines = body.split(b"\n")
    chance.shuffle(lines)
    return bytearray(b"\n".join(lines))


def double_line(chance: Random, body: bytearray) -> bytearray:
    lines = body.split(b"\n")
    line = chance.choice(lines)
    lines[chance.randrange(len(lines)) : 0] = [line] * chance.choice((1, 2, 100))
    return bytearray(b"\n".join(lines))


def reencode(chance: Random, body: bytearray) -> bytearray:
    text = body.decode("utf-8", "replace")
    return bytearray(text.encode(chance.choice(("utf-16", "utf-16-le", "utf-7", "cp037", "utf-8-sig")), "replace"))


def noise(chance: Random, body: bytearray) -> bytearray:
    at = chance.randrange(len(body))
    body[at:at] = base64.b64encode(chance.randbytes(30)) if chance.random() < 0.5 else chance.randbytes(30)
    return body


def splice(chance: Random, body: bytearray) -> bytearray:
    middle = chance.randrange(len(body))
    return body[middle:] + body[:middle]


MUTATIONS: list[Mutation] = [
    flip,
    insert,
    insert,
    cut,
    truncate,
    repeat,
    swap_lines,
    double_line,
    reencode,
    noise,
    splice,
]


def mutated(chance: Random, seeds: list[bytes]) -> bytes:
    body = bytearray(chance.choice(seeds))
    for _ in range(chance.choice((1, 1, 2, 3, 6))):
        if not body:
            break
        body = chance.choice(MUTATIONS)(chance, body)
    return bytes(body)


VALUES: list[Any] = [
    None,
    True,
    -1,
    10**30,
    1.5,
    "",
    " ",
    "\0",
    "\ud800",
    "\u202e",
    "x" * 70_000,
    "😀" * 300,
    "../../etc",
    "2026-11-24T09:14:05",
    "0001-01-01T00:00:00Z",
    "9999-12-31T23:59:59Z",
    "bm90IGJhc2U2NA",
    [],
    {},
    [[[[]]]],
    ["a"] * 2_000,
    {"a": 1},
]
"""What stands where something else was expected."""


def mutated_json(chance: Random, seeds: list[bytes]) -> bytes:
    """Still JSON, but with values, types and keys that nobody expects."""
    tree = json.loads(chance.choice(seeds))
    for _ in range(chance.choice((1, 1, 2, 4))):
        node = tree
        while True:
            keys = list(range(len(node))) if isinstance(node, list) else list(node)
            if not keys:
                break
            key = chance.choice(keys)
            if isinstance(node[key], list | dict) and chance.random() < 0.7:
                node = node[key]
                continue
            _spoil(chance, node, key)
            break
    return json.dumps(tree, ensure_ascii=chance.random() < 0.5).encode("utf-8", "surrogatepass")


def _spoil(chance: Random, node: Any, key: Any) -> None:
    match chance.randrange(5):
        case 0 if isinstance(node, dict):
            node[f"{key}x"] = node.pop(key)
        case 1:
            del node[key]
        case 2 if isinstance(node[key], str):
            node[key] += chance.choice(["\0", "é", "\u202e", "\x1b[0m", "\r\n", "<script>"])
        case _:
            node[key] = copy.deepcopy(chance.choice(VALUES))
