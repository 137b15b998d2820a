"""Digests by name: the same bytes from hashlib and from the other library, and both families of identifiers."""

import hashlib

import pytest
from cryptography.exceptions import UnsupportedAlgorithm

from yunqian.crypto import digests
from yunqian.problems import Problem, Refused

ABC_SM3 = "66c7f0f462eeedd9d1f2d46bdc10e4e24167c4875cf2f7a2297da02b8f4ba8e0"  # GB/T 32905, example 1


@pytest.fixture(params=["hashlib", "cryptography"])
def source(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """Both ways to SM3; the second as on a Python whose OpenSSL was built without it."""
    if request.param == "cryptography":
        monkeypatch.setattr(digests.hashlib, "new", _without_sm3(hashlib.new))
    return request.param


def _without_sm3(real):
    def new(name, begin=b""):
        if name == "sm3":
            raise ValueError("unsupported hash type sm3")
        return real(name, begin)

    return new


def test_sm3_of_the_standards_example(source: str):
    assert digests.of("sm3", b"abc").hex() == ABC_SM3


def test_a_message_in_pieces_has_the_digest_of_the_whole_and_a_copy_goes_its_own_way(source: str):
    running = digests.new("sm3", b"a")
    running.update(memoryview(b"b"))
    other = running.copy()
    running.update(b"c")
    other.update(b"x")
    assert running.digest().hex() == ABC_SM3
    assert running.digest().hex() == ABC_SM3
    assert other.digest() == digests.of("sm3", b"abx")


@pytest.mark.parametrize("name", ["md5", "shake_128", "", "SM3"])
def test_a_digest_that_no_signature_may_rest_on_is_refused(name: str):
    with pytest.raises(Refused) as refused:
        digests.new(name)
    assert refused.value.problem is Problem.ALGORITHM_UNSUPPORTED


def test_without_any_sm3_it_is_refused_and_never_guessed(monkeypatch: pytest.MonkeyPatch):
    def missing(*_arguments):
        raise UnsupportedAlgorithm("sm3")

    monkeypatch.setattr(digests.hashlib, "new", _without_sm3(hashlib.new))
    monkeypatch.setattr(digests.hashes, "Hash", missing)
    with pytest.raises(Refused) as refused:
        digests.of("sm3", b"abc")
    assert refused.value.problem is Problem.ALGORITHM_UNSUPPORTED


def test_names_and_identifiers_belong_together_and_sizes_are_right():
    for name, dotted in digests.OIDS.items():
        assert digests.name_of(dotted) == digests.name_of(name) == name
        assert len(digests.of(name, b"")) == digests.SIZES[name]
    assert digests.name_of("1.2.156.10197.1.401.1") == "sm3"
    assert digests.name_of("1.2.840.113549.2.5") is None  # MD5
