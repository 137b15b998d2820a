"""Messages between the client and a driver's process: length and JSON, then the secrets as bare bytes.

A PIN never enters the JSON: Python can overwrite a bytearray, and no text. Each side checks what the other sends,
for the child runs a vendor's code. Imported by the child: nothing here may cost much memory.
"""

import json
import os
import struct
from collections.abc import Mapping, Sequence
from typing import Any

MAX_BYTES = 16 * 1024 * 1024
MAX_SECRETS = 2
MAX_SECRET_BYTES = 64
_LENGTH = struct.Struct(">I")


class Broken(Exception):
    """The other side is gone, or does not speak this language; there is nothing more to be said on this pipe."""


def send(descriptor: int, message: Mapping[str, object], secrets: Sequence[bytearray] = ()) -> None:
    """Write one message and its secrets. Raises Broken."""
    text = json.dumps({**message, "secrets": len(secrets)}).encode()
    if len(text) > MAX_BYTES:
        raise Broken("too long")
    _write(descriptor, _LENGTH.pack(len(text)) + text)
    for secret in secrets:
        _write(descriptor, _LENGTH.pack(len(secret)))
        _write(descriptor, secret)


def receive(descriptor: int) -> tuple[dict[str, Any], list[bytearray]] | None:
    """One message and its secrets, None where the pipe ended before one began. Raises Broken."""
    head = _read(descriptor, _LENGTH.size, may_end=True)
    if not head:
        return None
    length = _size(head, MAX_BYTES)
    try:
        message = json.loads(_read(descriptor, length))
    except (ValueError, RecursionError) as error:
        raise Broken("not JSON") from error
    if not isinstance(message, dict):
        raise Broken("not an object")
    count = message.pop("secrets", 0)
    if type(count) is not int or not 0 <= count <= MAX_SECRETS:
        raise Broken("secrets")
    return message, [_secret(descriptor) for _ in range(count)]


def _secret(descriptor: int) -> bytearray:
    return _read(descriptor, _size(_read(descriptor, _LENGTH.size), MAX_SECRET_BYTES))


def _size(head: bytearray, most: int) -> int:
    length: int = _LENGTH.unpack(head)[0]
    if length > most:
        raise Broken("too long")
    return length


def _write(descriptor: int, content: bytes | bytearray) -> None:
    rest = memoryview(content)
    try:
        while rest:
            rest = rest[os.write(descriptor, rest) :]
    except OSError as error:
        raise Broken("closed") from error
    finally:
        rest.release()


def _read(descriptor: int, length: int, *, may_end: bool = False) -> bytearray:
    """So many bytes, into memory that can be wiped; empty where the pipe ends at once and may."""
    whole = bytearray(length)
    filled = 0
    with open(descriptor, "rb", buffering=0, closefd=False) as pipe, memoryview(whole) as view:
        while filled < length:
            try:
                got = pipe.readinto(view[filled:])
            except OSError as error:
                raise Broken("closed") from error
            if not got:
                break
            filled += got
    if filled < length:
        if may_end and not filled:
            return bytearray()
        raise Broken("cut short")
    return whole
