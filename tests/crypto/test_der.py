"""DER byte by byte: what is written is read back, and only the canonical form is read."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from yunqian.crypto import der


@given(st.integers(min_value=-(2**200), max_value=2**200))
def test_an_integer_is_the_shortest_twos_complement(number: int):
    content = der.only(der.integer(number), der.INTEGER)
    assert int.from_bytes(content, "big", signed=True) == number
    assert len(content) == 1 or content[0] not in (0, 255) or (content[0] & 0x80) != (content[1] & 0x80)


@given(st.integers(min_value=0, max_value=300_000))
def test_what_is_written_is_read_back(size: int):
    assert der.only(der.octets(b"x" * size), der.OCTETS) == b"x" * size


def test_object_identifiers_are_as_in_the_standard():
    assert der.oid("1.2.840.113549").hex() == "06062a864886f70d"
    assert der.oid("2.16.840.1.101.3.4.2.1").hex() == "0609608648016503040201"


@pytest.mark.parametrize(
    "encoded",
    [b"", b"\x04", b"\x04\x80\x00\x00", b"\x04\x81\x01a", b"\x04\x05abc", b"\x1f\x81\x01a", b"\x04\x01ab"],
    ids=["empty", "no length", "indefinite", "long form", "cut off", "long tag", "more behind"],
)
def test_anything_but_the_canonical_form_is_refused(encoded: bytes):
    with pytest.raises(der.NotDer):
        der.only(encoded, der.OCTETS)
