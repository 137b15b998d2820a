"""A secret sealed to one key, for one purpose."""

import pytest
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from yunqian.crypto import sealed_box
from yunqian.problems import Problem, Refused

PRIVATE, OTHER, EPHEMERAL = bytes(range(32)), bytes(range(1, 33)), bytes(range(2, 34))
CODE = b"7KQ2-4FWD-XM6T"


def public(private):
    return X25519PrivateKey.from_private_bytes(private).public_key().public_bytes_raw()


def sealed(plain=b"87654321", *, bound_to=CODE):
    return sealed_box.seal(public(PRIVATE), plain, bound_to=bound_to, ephemeral=EPHEMERAL)


def is_broken(act):
    with pytest.raises(Refused) as refused:
        act()
    return refused.value.problem is Problem.SEALED_BOX_BROKEN


@given(st.binary(max_size=sealed_box.MAX_PLAIN_BYTES))
def test_what_was_sealed_comes_out_in_memory_that_can_be_wiped(plain):
    opened = sealed_box.open_(PRIVATE, sealed(plain), bound_to=CODE)
    assert (type(opened), bytes(opened)) == (bytearray, plain)


def test_another_key_or_another_purpose_opens_nothing():
    assert is_broken(lambda: sealed_box.open_(OTHER, sealed(), bound_to=CODE))
    assert is_broken(lambda: sealed_box.open_(PRIVATE, sealed(), bound_to=b"7KQ2-4FWD-XM6U"))


@given(st.integers(min_value=0, max_value=len(sealed()) * 8 - 1))
def test_a_single_changed_bit_opens_nothing(bit):
    changed = bytearray(sealed())
    changed[bit // 8] ^= 1 << bit % 8
    if bit == 255:  # RFC 7748 §5 masks the highest bit of a public key; the key derivation does not
        assert changed != sealed()
    assert is_broken(lambda: sealed_box.open_(PRIVATE, bytes(changed), bound_to=CODE))


@given(st.binary(max_size=2000))
def test_any_bytes_are_refused_and_never_more(noise):
    assert is_broken(lambda: sealed_box.open_(PRIVATE, noise, bound_to=CODE))


@pytest.mark.parametrize("point", [bytes(32), b"\x01" + bytes(31), b"short", bytes(33)])
def test_a_public_key_that_everybody_could_share_is_refused(point):
    assert is_broken(lambda: sealed_box.seal(point, b"87654321", bound_to=CODE, ephemeral=EPHEMERAL))


def test_the_secret_is_not_in_the_box_and_each_box_is_another_one():
    again = sealed_box.seal(public(PRIVATE), b"87654321", bound_to=CODE, ephemeral=OTHER)
    assert again != sealed()
    assert b"87654321" not in sealed() + again


def test_too_long_a_secret_is_refused():
    assert is_broken(lambda: sealed(bytes(sealed_box.MAX_PLAIN_BYTES + 1)))
