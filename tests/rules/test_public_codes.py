"""查验码: written in groups, read as people type it."""

from hypothesis import given
from hypothesis import strategies as st

from yunqian.rules import public_codes


@given(st.binary(min_size=10, max_size=10))
def test_what_is_written_is_read_again(random: bytes):
    code = public_codes.of(random)
    assert len(code) == public_codes.LENGTH
    assert public_codes.read(public_codes.grouped(code)) == code
    assert public_codes.read(f" {public_codes.grouped(code).lower()} ") == code


@given(st.binary(min_size=10, max_size=10), st.binary(min_size=10, max_size=10))
def test_other_bytes_are_another_code(one: bytes, other: bytes):
    assert (public_codes.of(one) == public_codes.of(other)) == (one == other)


def test_letters_that_look_like_digits_are_read_as_these():
    assert public_codes.read("0O1I-lL00-2222-3333") == "0011" + "1100" + "22223333"


@given(st.text(max_size=80))
def test_any_text_is_a_code_or_none(text: str):
    found = public_codes.read(text)
    assert found is None or set(found) <= set(public_codes.ALPHABET)


def test_what_is_too_short_too_long_or_of_other_letters_is_none():
    for text in ("", "7K2M", "7" * 17, "7" * 15 + "U", "7" * 15 + "字"):
        assert public_codes.read(text) is None


def test_people_read_groups_of_four():
    assert public_codes.grouped("0123456789ABCDEF") == "0123-4567-89AB-CDEF"
