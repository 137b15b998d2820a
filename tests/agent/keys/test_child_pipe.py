"""The pipe between the client and a driver's process: nothing that comes out of it can hurt."""

import json
import os
import struct
import threading
from collections.abc import Iterator

import pytest

from yunqian.agent.keys import child_pipe
from yunqian.agent.keys.child_pipe import MAX_BYTES, MAX_SECRET_BYTES, Broken

Pipe = tuple[int, int]


@pytest.fixture
def pipe() -> Iterator[Pipe]:
    ends = os.pipe()
    yield ends
    for end in ends:
        try:
            os.close(end)
        except OSError:
            continue


def framed(content: bytes) -> bytes:
    return struct.pack(">I", len(content)) + content


def received(pipe: Pipe, content: bytes) -> object:
    """What is read when exactly this comes, and then the end."""
    os.write(pipe[1], content)
    os.close(pipe[1])
    return child_pipe.receive(pipe[0])


def test_a_message_and_its_secrets_come_as_they_were_sent(pipe: Pipe) -> None:
    secrets = [bytearray(b"135790"), bytearray(b"\x00\xff")]
    child_pipe.send(pipe[1], {"act": "sign", "label": "签名章"}, secrets)
    assert child_pipe.receive(pipe[0]) == ({"act": "sign", "label": "签名章"}, secrets)


def test_a_secret_never_stands_in_the_text(pipe: Pipe) -> None:
    child_pipe.send(pipe[1], {"act": "sign"}, [bytearray(b"135790")])
    sent = os.read(pipe[0], 4096)
    text, rest = sent[4:].split(b"}", 1)
    assert (b"135790" in text, rest) == (False, framed(b"135790"))


def test_what_comes_can_be_wiped(pipe: Pipe) -> None:
    child_pipe.send(pipe[1], {}, [bytearray(b"135790")])
    message = child_pipe.receive(pipe[0])
    assert message is not None
    assert type(message[1][0]) is bytearray


def test_a_large_message_passes_a_small_pipe(pipe: Pipe) -> None:
    large = {"seals": ["A" * 1_000_000] * 4}
    sender = threading.Thread(target=child_pipe.send, args=(pipe[1], large))
    sender.start()
    assert child_pipe.receive(pipe[0]) == (large, [])
    sender.join()


def test_a_pipe_that_ends_between_messages_has_no_message(pipe: Pipe) -> None:
    assert received(pipe, b"") is None


@pytest.mark.parametrize(
    "content",
    [
        b"\x00",
        struct.pack(">I", 10) + b"{}",
        struct.pack(">I", MAX_BYTES + 1),
        b"AAAAAAAAAAAAAAAA",
        framed(b""),
        framed(b"\xff\xfe"),
        framed(b"[" * 100_000),
        framed(b"[]"),
        framed(b"1"),
        framed(json.dumps({"secrets": 3}).encode()),
        framed(json.dumps({"secrets": -1}).encode()),
        framed(json.dumps({"secrets": True}).encode()),
        framed(json.dumps({"secrets": "1"}).encode()),
        framed(b'{"secrets": 1}'),
        framed(b'{"secrets": 1}') + struct.pack(">I", MAX_SECRET_BYTES + 1),
    ],
    ids=repr,
)
def test_anything_else_is_broken_and_never_an_error_of_another_kind(pipe: Pipe, content: bytes) -> None:
    if len(content) > 60_000:
        threading.Thread(target=lambda: (os.write(pipe[1], content), os.close(pipe[1]))).start()
        with pytest.raises(Broken):
            child_pipe.receive(pipe[0])
        return
    with pytest.raises(Broken):
        received(pipe, content)


def test_a_message_too_long_is_not_sent(pipe: Pipe) -> None:
    with pytest.raises(Broken):
        child_pipe.send(pipe[1], {"a": "A" * MAX_BYTES})
    os.close(pipe[1])
    assert os.read(pipe[0], 1) == b""


def test_writing_to_nobody_is_broken(pipe: Pipe) -> None:
    os.close(pipe[0])
    with pytest.raises(Broken):
        child_pipe.send(pipe[1], {})
