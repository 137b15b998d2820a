"""Reading what a cloud says: any bytes give an object or an empty one, and no log gets a number or a sentence."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from yunqian.server.adapters import spoken

pytestmark = pytest.mark.usefixtures("no_database")
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)


@given(body=st.binary(max_size=200))
def test_any_bytes_are_read_without_an_error(body):
    assert isinstance(spoken.read(body, most_bytes=100), dict)


@given(said=JSON)
def test_what_is_an_object_is_read_as_it_is_and_nothing_else_is(said):
    read = spoken.read(json.dumps(said).encode(), most_bytes=1 << 20)
    assert read == (said if isinstance(said, dict) else {})


@pytest.mark.parametrize(
    "body", [b'{"a":1,"a":1}', b'{"a":{"b":1,"b":2}}', b"\xff\xfe{}", b"[" * 100_000, b'{"a":1} x', b""]
)
def test_what_can_be_read_in_two_ways_or_in_none_is_empty(body):
    assert spoken.read(body, most_bytes=1 << 20) == {}


def test_what_is_longer_than_the_limit_is_empty():
    assert spoken.read(b'{"a":1}', most_bytes=7) == {"a": 1}
    assert spoken.read(b'{"a":1}', most_bytes=6) == {}


@given(told=st.text(max_size=80))
def test_no_log_gets_a_number_that_may_be_somebodys_or_a_sentence(told):
    logged = spoken.for_log(told)
    assert logged in (told, "an unreadable code")
    assert not any(letter.isspace() for letter in logged) or logged == "an unreadable code"
    assert sum(letter.isdigit() for letter in logged) <= 4


@pytest.mark.parametrize(
    ("told", "logged"),
    [
        ("isv.BUSINESS_LIMIT_CONTROL", "isv.BUSINESS_LIMIT_CONTROL"),
        ("AuthFailure.SignatureExpire", "AuthFailure.SignatureExpire"),
        ("-11", "-11"),
        ("401", "401"),
        ("13800131234", "an unreadable code"),
        ("11010519491231002X", "an unreadable code"),
        ("李明", "an unreadable code"),
        ("no such person", "an unreadable code"),
        ("code\n", "an unreadable code"),
    ],
)
def test_a_code_is_logged_and_a_persons_number_or_name_is_not(told, logged):
    assert spoken.for_log(told) == logged
