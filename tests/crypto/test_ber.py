"""ASN.1 of others: slices as found, and an end to everything that is not ASN.1."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from yunqian.crypto import ber, der


@pytest.mark.parametrize(
    "encoded",
    [b"\x04\x01a", b"\x04\x81\x01a", b"\x04\x84\x00\x00\x00\x01a"],
    ids=["shortest", "long form", "longest form"],
)
def test_a_length_in_any_form_is_read_and_kept(encoded: bytes):
    found = ber.only(encoded, der.OCTETS)
    assert (found.content, found.whole) == (b"a", encoded)


def test_an_indefinite_length_ends_at_its_own_level():
    inner = b"\x30\x80\x04\x02\x00\x00\x00\x00"
    outer = b"\x30\x80" + inner + b"\x02\x01\x05" + b"\x00\x00"
    found, end = ber.element(outer + b"rest")
    assert end == len(outer)
    assert [one.whole for one in found.children()] == [inner, b"\x02\x01\x05"]
    assert found.children()[0].children()[0].content == b"\x00\x00"


@pytest.mark.parametrize(
    "encoded",
    [b"", b"\x04", b"\x04\x05abc", b"\x1f\x81\x01a", b"\x04\x01ab", b"\x04\x80a\x00\x00", b"\x30\x80\x04\x01a",
     b"\x30\x80" * 60, b"\x30\x80" * 60 + b"\x00\x00" * 60],
    ids=["empty", "no length", "cut off", "long tag", "more behind", "primitive", "no end", "deep", "too deep"],
)  # fmt: skip
def test_what_is_no_asn1_is_refused(encoded: bytes):
    with pytest.raises(ber.NotBer):
        ber.only(encoded, encoded[0] if encoded else der.OCTETS)


@given(st.binary(max_size=300))
def test_no_bytes_give_anything_else(encoded: bytes):
    try:
        found, end = ber.element(encoded)
        assert encoded[:end] == found.whole
        found.children()
    except ber.NotBer:
        pass


@pytest.mark.parametrize(
    "dotted", ["1.2.840.113549.1.1.11", "2.5.29.15", "0.9.2342.19200300.100.1.1", "2.999.1"]
)
def test_object_identifiers_come_back(dotted: str):
    assert ber.dotted(ber.only(der.oid(dotted), ber.OID)) == dotted


@given(st.integers(min_value=-(2**80), max_value=2**80))
def test_numbers_come_back(number: int):
    assert ber.integer(ber.only(der.integer(number), ber.INTEGER)) == number


def test_any_octet_but_zero_is_true():
    assert [ber.is_true(ber.Element(1, bytes([octet]), b"")) for octet in (0, 1, 255)] == [False, True, True]
