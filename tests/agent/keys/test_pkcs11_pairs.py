"""Key pairs made inside a key behind a real PKCS#11 module (SoftHSM2), and requests for them."""

from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as some
from pkcs11 import Attribute, KeyType, MechanismFlag, ObjectClass, Session
from pkcs11 import exceptions as trouble

from tests import needs
from tests.agent.keys import managed
from tests.agent.keys.bench import WRONG_PIN, Bench, refused
from tests.agent.softhsm import PIN
from tests.agent.world import pin
from yunqian.agent.keys.pkcs11 import pairs
from yunqian.agent.pin import Tries
from yunqian.crypto import certificate_requests, suites
from yunqian.crypto.suites import Suite
from yunqian.problems import Problem

pytestmark = needs.program("softhsm2-util")
SUITES = (Suite.RSA_SHA256, Suite.ECDSA_SHA256, Suite.ECDSA_SHA384)


@pytest.mark.parametrize("suite", SUITES)
def test_an_empty_key_becomes_a_working_one(empty: Bench, suite: Suite) -> None:
    request = empty.key.enrol(suite, "李明", pin(PIN))
    asked = certificate_requests.read(request)
    assert (asked.owner, asked.is_proven) == ("李明", True)
    certificate = managed.issued(request)
    seal = managed.seal(certificate)
    empty.key.store(certificate, (seal,), pin(PIN))
    assert empty.key.certificates == (certificate,)
    assert empty.key.seals == (seal,)
    assert suites.suite_of(certificate) is suite
    assert empty.signs(by=certificate)


def test_the_private_half_was_made_in_the_key_and_never_leaves_it(bench: Bench) -> None:
    wanted = (
        Attribute.LOCAL,
        Attribute.SENSITIVE,
        Attribute.ALWAYS_SENSITIVE,
        Attribute.NEVER_EXTRACTABLE,
        Attribute.PRIVATE,
        Attribute.SIGN,
        Attribute.EXTRACTABLE,
        Attribute.DECRYPT,
        Attribute.UNWRAP,
    )

    def look(session: Session) -> dict[Attribute, Any]:
        (private,) = list(session.get_objects({Attribute.CLASS: ObjectClass.PRIVATE_KEY}))
        with pytest.raises(trouble.AttributeSensitive):
            private[Attribute.PRIVATE_EXPONENT]
        return {which: private[which] for which in wanted}

    assert bench.within(look) == {which: place < 6 for place, which in enumerate(wanted)}


def test_pair_and_certificate_have_one_identifier_by_which_other_programs_find_them(bench: Bench) -> None:
    kinds = (ObjectClass.PRIVATE_KEY, ObjectClass.PUBLIC_KEY, ObjectClass.CERTIFICATE)

    def look(session: Session) -> set[bytes]:
        return {
            bytes(one[Attribute.ID])
            for kind in kinds
            for one in list(session.get_objects({Attribute.CLASS: kind}))
        }

    (identifier,) = bench.within(look)
    assert len(identifier) == 20


def test_a_pair_that_waits_for_its_certificate_is_asked_for_again(empty: Bench) -> None:
    """A person who clicks twice gets one pair; a certificate for the first request still finds it."""
    first = empty.key.enrol(Suite.ECDSA_SHA256, "李明", pin(PIN))
    second = empty.key.enrol(Suite.ECDSA_SHA256, "李明（新）", pin(PIN))
    keys = {certificate_requests.read(one).public_key_der for one in (first, second)}
    assert len(keys) == 1
    assert empty.counted()["pairs"] == 1
    certificate = managed.issued(first)
    empty.key.store(certificate, (), pin(PIN))
    assert empty.signs(by=certificate)
    third = empty.key.enrol(Suite.ECDSA_SHA256, "李明", pin(PIN))
    assert certificate_requests.read(third).public_key_der not in keys
    assert empty.counted()["pairs"] == 2


def test_pairs_of_other_programs_are_neither_used_nor_touched(empty: Bench) -> None:
    """Even where they lie as ours would, but for the label."""

    def foreign(session: Session) -> None:
        curve = {Attribute.EC_PARAMS: bytes.fromhex("06082a8648ce3d030107")}
        domain = session.create_domain_parameters(KeyType.EC, curve, local=True)
        halves = domain.generate_keypair(
            id=b"\x01", label="vendor", store=True, capabilities=MechanismFlag.SIGN | MechanismFlag.VERIFY
        )
        for half in halves:
            half[Attribute.ID] = pairs._identifier(pairs._encoded(halves[0]))

    empty.within(foreign)
    empty.key.enrol(Suite.ECDSA_SHA256, "李明", pin(PIN))
    assert empty.counted() == {"pairs": 2, "public": 2, "certificates": 0, "data": 0}


def test_a_pair_whose_request_fails_is_taken_away_again(
    empty: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(*_: object) -> bytes:
        raise trouble.GeneralError

    monkeypatch.setattr("yunqian.agent.keys.pkcs11.signing.signature", fails)
    assert refused(lambda: empty.key.enrol(Suite.ECDSA_SHA256, "李明", pin(PIN))) is Problem.KEY_FAILED
    assert empty.counted() == {"pairs": 0, "public": 0, "certificates": 0, "data": 0}


def test_a_module_that_signs_wrongly_is_found_out_at_the_request(
    empty: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        "yunqian.agent.keys.pkcs11.signing.signature", lambda *_: bytes.fromhex("3006020101020101")
    )
    said = refused(lambda: empty.key.enrol(Suite.ECDSA_SHA256, "李明", pin(PIN)))
    assert said is Problem.SIGNATURE_INVALID
    assert empty.counted()["pairs"] == 0


def test_a_pair_that_could_leave_the_key_is_not_accepted(
    empty: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pairs, "_is_well_kept", lambda private: False)
    assert refused(lambda: empty.key.enrol(Suite.ECDSA_SHA256, "李明", pin(PIN))) is Problem.KEY_FAILED
    assert empty.counted()["pairs"] == 0


def test_sm2_is_refused_before_the_pin_is_used(empty: Bench) -> None:
    """SoftHSM makes keys on that curve, and signs with them as ECDSA: a green test would be a false one."""
    said = refused(lambda: empty.key.enrol(Suite.SM2_SM3, "李明", pin(WRONG_PIN)))
    assert said is Problem.ALGORITHM_UNSUPPORTED
    assert empty.key.tries() == Tries(left=None)


def test_what_cannot_be_a_name_is_refused_before_the_pin_is_used(empty: Bench) -> None:
    for name in ("", "  ", "李\n明", "\u202e李明", "\0"):
        said = refused(lambda: empty.key.enrol(Suite.ECDSA_SHA256, name, pin(WRONG_PIN)))  # noqa: B023
        assert said is Problem.REQUEST_INVALID
    assert empty.key.tries() == Tries(left=None)


@settings(max_examples=10, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(owner=some.text(some.characters(categories=("L", "N", "P", "S")), min_size=1, max_size=64))
def test_whatever_a_person_is_called_a_pair_is_made_and_waits(empty: Bench, owner: str) -> None:
    request = empty.key.enrol(Suite.ECDSA_SHA256, owner, pin(PIN))
    assert certificate_requests.read(request).owner == owner
    assert empty.counted()["pairs"] == 1


HALF = some.dictionaries(
    some.sampled_from(
        [Attribute.MODULUS, Attribute.PUBLIC_EXPONENT, Attribute.EC_PARAMS, Attribute.EC_POINT, Attribute.ID]
    ),
    some.binary(max_size=140),
)


@given(half=HALF, kind=some.sampled_from([KeyType.RSA, KeyType.EC, KeyType.DSA, None]))
def test_whatever_a_module_says_of_a_public_key_it_is_one_or_none(
    half: dict[Attribute, bytes], kind: KeyType | None
) -> None:
    encoded = pairs._encoded(half | {Attribute.KEY_TYPE: kind})
    assert pairs.kind_of(encoded) is None or encoded


@pytest.mark.parametrize("size", [65, 97])
def test_a_point_is_read_with_its_octet_string_and_without(size: int) -> None:
    point = b"\x04" + bytes(range(1, size))
    assert pairs._point(point) == point
    assert pairs._point(bytes([0x04, size]) + point) == point
    assert pairs._point(b"\x04\x05abc") == b""
