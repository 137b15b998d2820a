"""Names of holders and authorities: the same name in another dress, and another name."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.pki.parties import name
from yunqian.crypto import ber, names


@pytest.mark.parametrize(
    "other",
    [
        name("Issuing CA", tag=0x13),
        name("ISSUING ca"),
        name("  Issuing   CA "),
        name("Ｉssuing CA"),
        name("Issuing CA"),
    ],
    ids=["string type", "case", "spaces", "full width", "itself"],
)
def test_the_same_name_in_another_dress(other: bytes):
    assert names.match(name("Issuing CA"), other)


@pytest.mark.parametrize(
    "other", [name("Issuing CB"), name("Issuing CA", country="US"), name("IssuingCA"), b"", b"\x05\x00"]
)
def test_another_name_and_no_name(other: bytes):
    assert not names.match(name("Issuing CA"), other)


def test_the_order_of_the_parts_belongs_to_the_name():
    there = names.read(name("李明"))
    assert there.displayed == "C=CN, CN=李明"
    assert there.compared != there.compared[::-1]


@given(st.binary(max_size=120))
def test_other_bytes_are_no_name(encoded: bytes):
    assert names.match(encoded, encoded)
    try:
        names.read(encoded)
    except ber.NotBer:
        assert not names.match(encoded, name("李明"))


@given(st.text(max_size=40))
def test_every_text_can_be_a_name(text: str):
    encoded = name(text.encode("utf-8", "replace").decode())
    assert names.read(encoded).entries[1] == ("2.5.4.3", text.encode("utf-8", "replace").decode())
