"""A key as pages see it: seals with their pictures, what they are bound to, and no object read twice."""

import base64
from dataclasses import dataclass, field
from typing import Any, cast

import pytest

from tests.agent.keys import managed
from tests.pki.hierarchy import NOW, YEAR
from yunqian.agent import listing
from yunqian.agent.keys.port import SUITES, KeyAct
from yunqian.agent.keys.ring import Held
from yunqian.agent.pin import Tries
from yunqian.crypto.certificates import Certificate
from yunqian.crypto.suites import Suite
from yunqian.eseal import seal
from yunqian.wire.keys import Key


@dataclass
class Plain:
    """A key with what a test puts on it."""

    certificates: tuple[Certificate, ...] = ()
    seals: tuple[bytes, ...] = ()
    acts: frozenset[KeyAct] = frozenset()
    serial: str = "S-1"
    label: str = "公章"
    driver: str = "skf"
    is_demo: bool = False
    suites: tuple[Suite, ...] = field(default=SUITES)


def told(key: Plain, tries: Tries | None = None) -> Key:
    return listing.told(Held(cast(Any, key), tries or Tries(left=6), cast(Any, None)))


def test_a_seal_is_told_with_picture_size_validity_and_certificate() -> None:
    mine, other = managed.stranger("王芳"), managed.stranger("李明")
    raw = managed.seal(mine, name="合同专用章", es_id="44010000000009")
    (shown,) = told(Plain((mine, other), (raw,))).seals
    assert (shown.name, shown.code, shown.width_mm, shown.height_mm) == (
        "合同专用章",
        "44010000000009",
        20.0,
        20.0,
    )
    assert base64.b64decode(shown.picture or "") == managed.PNG
    assert shown.certificates_sha256 == (mine.sha256,)
    assert (shown.not_before_at, shown.not_after_at) == (NOW, NOW + YEAR / 2)


@pytest.mark.parametrize("head", [b"GIF89a\0\0", b"<svg><sc", bytes(8)])
def test_a_picture_that_is_no_png_is_left_out_whatever_its_maker_calls_it(head: bytes) -> None:
    raw = managed.seal(managed.stranger()).replace(b"\x89PNG\r\n\x1a\n", head)
    (shown,) = told(Plain(seals=(raw,))).seals
    assert shown.picture is None


@pytest.mark.parametrize(("size", "is_shown"), [(200 * 1024, True), (200 * 1024 + 1, False)])
def test_a_picture_of_more_than_200_kilobytes_is_left_out(size: int, is_shown: bool) -> None:
    raw = managed.seal(managed.stranger(), png=managed.PNG.ljust(size, b"\0"))
    assert (told(Plain(seals=(raw,))).seals[0].picture is not None) is is_shown


def test_what_is_no_seal_is_left_out_and_spoils_nothing() -> None:
    raw = managed.seal(managed.stranger())
    assert len(told(Plain(seals=(b"", b"\x30\x00", raw, raw[:-1]))).seals) == 1


def test_a_seal_is_read_once_however_often_keys_are_listed(monkeypatch: pytest.MonkeyPatch) -> None:
    raw = managed.seal(managed.stranger(), name="只读一次")
    reads = []
    original = seal.read

    def counted(encoded: bytes) -> seal.Seal:
        reads.append(len(encoded))
        return original(encoded)

    monkeypatch.setattr(seal, "read", counted)
    for _ in range(3):
        told(Plain(seals=(raw,)))
    assert len(reads) == 1


def test_what_is_remembered_of_seals_is_bounded() -> None:
    raws = tuple(managed.seal(managed.stranger(), es_id=f"{number:014}") for number in range(70))
    assert len(told(Plain(seals=raws)).seals) == 70
    assert len(listing._SEALS._read) == 64


def test_what_a_key_can_do_and_says_of_its_pin() -> None:
    shown = told(
        Plain(acts=frozenset({KeyAct.UNLOCK, KeyAct.ENROL})), Tries(left=0, is_locked=True, is_default=True)
    )
    assert shown.acts == ("enrol", "unlock")
    assert (shown.is_locked, shown.is_default_pin, shown.tries_left) == (True, True, 0)
