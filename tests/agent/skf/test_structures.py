"""Texts, name lists and signature values as libraries write them, also those that write nonsense."""

import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.pki import parties
from yunqian.agent.keys.skf import structures
from yunqian.crypto import der, sm2
from yunqian.problems import Problem, Refused


@pytest.mark.parametrize("charset", ["utf-8", "gbk", "gb18030"])
def test_a_text_is_read_in_either_charset(charset: str) -> None:
    assert structures.text("广东示例公章".encode(charset) + b"\0rest") == "广东示例公章"


def test_a_text_shows_no_controls_and_no_turn_of_direction() -> None:
    assert structures.text("a\x1b[2Jb\u202ec\n".encode()) == "a[2Jbc"


@given(st.binary(max_size=400))
def test_any_bytes_are_a_short_printable_text(raw: bytes) -> None:
    shown = structures.text(raw)
    assert len(shown) <= 64
    assert shown == "" or shown.isprintable()


def test_a_list_of_names_keeps_their_bytes() -> None:
    gbk = "容器".encode("gbk")
    assert structures.names(b"first\0" + gbk + b"\0\0junk\0\0") == (b"first", gbk)
    assert structures.names(b"\0\0") == structures.names(b"\0") == structures.names(b"") == ()


@given(st.binary(max_size=2000))
def test_any_bytes_are_a_bounded_list_of_different_names(raw: bytes) -> None:
    found = structures.names(raw)
    assert len(found) == len(set(found)) <= 64
    assert all(one and 0 not in one for one in found)


def blob(r: int, s: int) -> bytes:
    return r.to_bytes(64, "big") + s.to_bytes(64, "big")


def test_a_signature_becomes_der() -> None:
    assert structures.sm2_value(blob(7, 1 << 255)) == der.sequence(der.integer(7), der.integer(1 << 255))


@pytest.mark.parametrize(
    "raw",
    [
        blob(0, 1),
        blob(1, 0),
        blob(sm2.N, 1),
        blob(1, sm2.N),
        blob(1 << 256, 1),
        blob((1 << 256) + 7, 7),
        blob(7, (1 << 511) + 7),
        blob(1, 1 << 511),
        bytes(128),
        b"\xff" * 128,
        blob(1, 1)[:-1],
        b"",
    ],
)
def test_numbers_out_of_range_are_refused(raw: bytes) -> None:
    with pytest.raises(Refused) as caught:
        structures.sm2_value(raw)
    assert caught.value.problem is Problem.SIGNATURE_INVALID


NUMBERS = {"<I": 4, "<Q": 8}
POINT = parties.key("sm2", "a point").public.point
SPKI = parties.spki(parties.key("rsa", "rsa blob"))
MODULUS = parties.key("rsa", "rsa blob").public_key().public_numbers().n


def ecc_blob(width: str, point: bytes = POINT) -> bytes:
    return struct.pack(width, 256) + bytes(32) + point[1:33] + bytes(32) + point[33:]


def rsa_blob(width: str, *, bits: int = 2048, modulus: int = MODULUS, exponent: int = 65537) -> bytes:
    numbers = struct.pack(width, 0x00010000) + struct.pack(width, bits)
    return numbers + modulus.to_bytes(256, "big") + exponent.to_bytes(4, "big")


@pytest.mark.parametrize("width", NUMBERS)
@pytest.mark.parametrize("behind", [b"", bytes(4), b"\xff" * 700])
def test_public_keys_and_sizes_of_files_are_read_in_both_widths(width: str, behind: bytes) -> None:
    assert len(ecc_blob(width)) == 128 + NUMBERS[width]
    assert structures.sm2_public_key(ecc_blob(width) + behind) == sm2.public_key(POINT).spki
    assert len(rsa_blob(width)) == 260 + 2 * NUMBERS[width]
    assert structures.rsa_public_key(rsa_blob(width) + behind) == SPKI
    attribute = b"name".ljust(32, b"\0") + struct.pack(width, 30_000) + struct.pack(width, 0xFF) * 2
    assert len(attribute) == 32 + 3 * NUMBERS[width]
    assert structures.file_size(attribute + behind) == 30_000


@pytest.mark.parametrize("width", NUMBERS)
def test_what_is_no_public_key_is_none(width: str) -> None:
    off_the_curve = POINT[:-1] + bytes([POINT[-1] ^ 1])
    for blob in (ecc_blob(width, off_the_curve), ecc_blob(width)[:-1], b"", bytes(200), rsa_blob(width)):
        assert structures.sm2_public_key(blob) is None
    for blob in (
        rsa_blob(width, bits=1024),
        rsa_blob(width, modulus=MODULUS >> 1),
        rsa_blob(width, modulus=MODULUS - 1),
        rsa_blob(width, exponent=1),
        rsa_blob(width, exponent=65536),
        rsa_blob(width)[:-4],
        ecc_blob(width),
        b"",
    ):
        assert structures.rsa_public_key(blob) is None


@given(st.binary(max_size=400))
def test_any_bytes_are_a_public_key_or_none(raw: bytes) -> None:
    assert structures.sm2_public_key(raw) is None
    assert structures.rsa_public_key(raw) is None
    assert structures.file_size(raw) >= 0
