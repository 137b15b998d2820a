"""A document is what the attributes are about, or it is not shown."""

import base64

import pytest

from tests.agent.protocol import cast, document
from yunqian.agent.pages import prepared
from yunqian.crypto import attributes, digests
from yunqian.crypto.suites import Suite
from yunqian.problems import Problem, Refused
from yunqian.wire.orders import Prepared, SignOrder

CONTENT, RANGE = document.prepared()


def order(
    byte_range: tuple[int, int, int, int] = RANGE, size: int = len(CONTENT), **changes: str
) -> SignOrder:
    told = Prepared(path="/prepared/x", size=size, byte_range=byte_range)
    return cast.sign_seen().model_copy(update={"prepared": told, **changes})


def refused(content: bytes, wanted: SignOrder) -> str:
    with pytest.raises(Refused) as caught:
        prepared.prove(bytearray(content), wanted)
    assert caught.value.problem is Problem.PREPARED_MISMATCH
    return str(caught.value.facts["detail"])


def proving(content: bytes, byte_range: tuple[int, int, int, int]) -> SignOrder:
    """An order whose attributes hold the digest of exactly these ranges: only the ranges can be wrong."""
    begin, first, second, rest = byte_range
    digest = digests.new(Suite.RSA_SHA256.digest)
    digest.update(content[begin : begin + first] + content[second : second + rest])
    said = attributes.build(digest.digest(), cast.signer(), Suite.RSA_SHA256)
    return order(byte_range, len(content), to_be_signed=base64.b64encode(said).decode())


def test_the_document_of_the_order_is_proved() -> None:
    prepared.prove(bytearray(CONTENT), order())


@pytest.mark.parametrize("at", [0, 100, RANGE[1] - 1, RANGE[2], len(CONTENT) - 1])
def test_one_changed_byte_before_or_after_the_hole_is_another_document(at: int) -> None:
    changed = bytearray(CONTENT)
    changed[at] ^= 1
    assert refused(changed, order()) == "digest"


@pytest.mark.parametrize("content", [CONTENT[:-1], CONTENT + b"\n", b""])
def test_a_document_of_another_size_is_another_document(content: bytes) -> None:
    assert refused(content, order()) == "size"


def test_an_order_that_names_no_document_proves_nothing() -> None:
    assert refused(CONTENT, order().model_copy(update={"prepared": None})) == "size"


@pytest.mark.parametrize(
    "byte_range",
    [
        (1, RANGE[1] - 1, RANGE[2], RANGE[3]),
        (0, 0, RANGE[2], RANGE[3]),
        (0, RANGE[1], RANGE[1], len(CONTENT) - RANGE[1]),
        (0, RANGE[1], RANGE[2], RANGE[3] - 1),
        (0, RANGE[1], len(CONTENT), 0),
        (0, RANGE[2], RANGE[1], len(CONTENT) - RANGE[1]),
    ],
    ids=["late begin", "nothing before", "no hole", "an end left out", "nothing after", "overlapping"],
)
def test_ranges_that_are_not_all_but_one_hole_are_refused_even_with_their_right_digest(
    byte_range: tuple[int, int, int, int],
) -> None:
    assert refused(CONTENT, proving(CONTENT, byte_range)) == "byte range"


@pytest.mark.parametrize(
    "hole",
    [
        b"(" + b"0" * 512 + b")",
        b"<" + b"0" * 511 + b">",
        b"<" + b"0" * 510 + b"41>",
        b"<" + b" " * 512 + b">",
    ],
    ids=["no brackets", "half an octet", "not empty", "spaces"],
)
def test_nothing_hides_in_the_hole(hole: bytes) -> None:
    content = CONTENT[: RANGE[1]] + hole + CONTENT[RANGE[2] :]
    second = RANGE[1] + len(hole)
    assert refused(content, proving(content, (0, RANGE[1], second, RANGE[3]))) == "contents"
