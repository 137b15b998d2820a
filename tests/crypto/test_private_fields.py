"""Sealed fields: what opens, what must not, and the published vector of the cipher below."""

import pytest
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from hypothesis import given
from hypothesis import strategies as st

from yunqian.crypto import private_fields
from yunqian.crypto.private_fields import DataKey, Place, Suite
from yunqian.problems import Problem, Refused

KEY = DataKey(7, bytes(range(32)))
PLACE = Place("person", "name", "1")
NONCE = bytes(12)
TEXTS = st.text(st.characters(exclude_categories=("Cs",)), min_size=1, max_size=128)


def sealed(text: str, suite: Suite, nonce: bytes = NONCE) -> bytes:
    return private_fields.seal(KEY, text, place=PLACE, suite=suite, nonce=nonce)


@given(TEXTS, st.sampled_from(Suite))
def test_any_text_comes_back(text: str, suite: Suite) -> None:
    assert private_fields.open_(KEY, sealed(text, suite), place=PLACE) == text


@given(st.sampled_from(Suite), st.data())
def test_any_flipped_bit_refuses(suite: Suite, draw: st.DataObject) -> None:
    changed = bytearray(sealed("张三", suite))
    bit = draw.draw(st.integers(0, len(changed) * 8 - 1))
    changed[bit // 8] ^= 1 << bit % 8
    with pytest.raises(Refused) as refused:
        private_fields.open_(KEY, bytes(changed), place=PLACE)
    assert refused.value.problem is Problem.PRIVATE_FIELD_UNREADABLE


@pytest.mark.parametrize(
    "place", [Place("p", "name", "1"), Place("person", "x", "1"), Place("person", "name", "2")]
)
@pytest.mark.parametrize("suite", Suite)
def test_another_place_does_not_open(place: Place, suite: Suite) -> None:
    with pytest.raises(Refused):
        private_fields.open_(KEY, sealed("张三", suite), place=place)


@pytest.mark.parametrize("text", ["", "a" * 60_001, "\ud800"])
def test_text_that_cannot_be_kept_refuses(text: str) -> None:
    with pytest.raises(Refused):
        sealed(text, Suite.AES_256_GCM)


def test_short_and_long_names_are_equally_long_when_sealed() -> None:
    assert len(sealed("李", Suite.SM4_GCM)) == len(sealed("欧阳娜娜", Suite.SM4_GCM))


def test_a_wrapped_key_opens_for_its_master_number_and_owner_only() -> None:
    wrapped = private_fields.wrap(bytes(32), KEY, owner="platform", nonce=NONCE)
    assert private_fields.unwrap(bytes(32), wrapped, number=7, owner="platform") == KEY
    for master, number, owner in (
        (b"x" * 32, 7, "platform"),
        (bytes(32), 8, "platform"),
        (bytes(32), 7, "t"),
    ):
        with pytest.raises(Refused):
            private_fields.unwrap(master, wrapped, number=number, owner=owner)


def test_a_key_shows_nothing_of_its_secret() -> None:
    assert "secret" not in repr(KEY)


def test_the_index_is_keyed_and_separated_by_field() -> None:
    one = private_fields.blind_index(b"k" * 32, "1", field="mobile")
    assert one == private_fields.blind_index(b"k" * 32, "1", field="mobile")
    assert one != private_fields.blind_index(b"j" * 32, "1", field="mobile")
    assert one != private_fields.blind_index(b"k" * 32, "1", field="id_number")


def test_sm4_gcm_is_that_of_rfc_8998_a_1() -> None:
    key, nonce = bytes.fromhex("0123456789ABCDEFFEDCBA9876543210"), bytes.fromhex("00001234567800000000ABCD")
    encryptor = Cipher(algorithms.SM4(key), modes.GCM(nonce)).encryptor()
    encryptor.authenticate_additional_data(bytes.fromhex("FEEDFACEDEADBEEFFEEDFACEDEADBEEFABADDAD2"))
    plain = bytes.fromhex("".join(letter * 16 for letter in "ABCDEFEA"))
    assert (encryptor.update(plain) + encryptor.finalize()).hex().upper() == (
        "17F399F08C67D5EE19D0DC9969C4BB7D5FD46FD3756489069157B282BB200735"
        "D82710CA5C22F0CCFA7CBF93D496AC15A56834CBCF98C397B4024A2691233B8D"
    )
    assert encryptor.tag.hex().upper() == "83DE3541E4C2B58177E065A9BF7B62EC"
