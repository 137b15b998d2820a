"""Certificates and seals written on a key behind a real PKCS#11 module (SoftHSM2), and read back."""

from datetime import timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as some
from pkcs11 import Attribute, ObjectClass, Session
from pkcs11 import exceptions as trouble

from tests import needs
from tests.agent.keys import managed
from tests.agent.keys.bench import WRONG_PIN, Bench, refused
from tests.agent.softhsm import PIN
from tests.agent.world import pin
from tests.eseal import making
from tests.pki import parties
from tests.pki.hierarchy import NOW, YEAR
from yunqian.agent.keys.pkcs11 import Pkcs11Driver, contents, objects, pairs, writing
from yunqian.agent.pin import Tries
from yunqian.crypto.certificates import Certificate
from yunqian.eseal.seal import Version
from yunqian.problems import Problem

pytestmark = needs.program("softhsm2-util")
QUICK = settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


def test_a_certificate_of_no_pair_on_the_key_is_a_mismatch_and_nothing_is_written(bench: Bench) -> None:
    before = bench.counted()
    seal = managed.seal(bench.own)
    said = refused(lambda: bench.key.store(managed.stranger(), (seal,), pin(PIN)))
    assert said is Problem.CERTIFICATE_MISMATCH
    assert bench.counted() == before
    assert bench.key.certificates == (bench.own,)


def test_a_renewed_certificate_takes_the_place_of_the_older_one(bench: Bench) -> None:
    def public(session: Session) -> bytes:
        return pairs._encoded(
            next(iter(list(session.get_objects({Attribute.CLASS: ObjectClass.PUBLIC_KEY}))))
        )

    assert bench.within(public) == bench.own.public_key_der
    renewed = _renewed(bench.own)
    bench.key.store(renewed, (), pin(PIN))
    assert bench.key.certificates == (renewed,)
    assert bench.signs(by=renewed)


def test_writing_the_same_twice_changes_nothing(bench: Bench) -> None:
    seal = managed.seal(bench.own)
    for _ in range(2):
        bench.key.store(bench.own, (seal, seal), pin(PIN))
        assert bench.counted() == {"pairs": 1, "public": 1, "certificates": 1, "data": 1}
    assert (bench.key.certificates, bench.key.seals) == ((bench.own,), (seal,))


def test_the_older_one_stays_where_the_new_one_could_not_be_written(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The certificate is written first, and taken away again when the seal after it fails."""
    seal = managed.seal(bench.own)
    bench.key.store(None, (seal,), pin(PIN))
    monkeypatch.setattr(
        writing, "_seal", lambda one: {Attribute.CLASS: ObjectClass.DATA, Attribute.MODULUS_BITS: 1}
    )
    newer = managed.seal(bench.own, name="新签名章")
    assert refused(lambda: bench.key.store(_renewed(bench.own), (newer,), pin(PIN))) is Problem.KEY_FAILED
    assert (bench.key.certificates, bench.key.seals) == ((bench.own,), (seal,))
    assert bench.counted() == {"pairs": 1, "public": 1, "certificates": 1, "data": 1}
    assert bench.signs()


def test_a_full_key_is_told_as_full_and_holds_what_it_held(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise trouble.DeviceMemory

    monkeypatch.setattr(writing, "_replace", full)
    assert refused(lambda: bench.key.store(_renewed(bench.own), (), pin(PIN))) is Problem.KEY_FULL
    assert bench.key.certificates == (bench.own,)


def test_a_certificate_that_may_not_sign_is_refused_before_the_pin_is_used(bench: Bench) -> None:
    authority = parties.authority(parties.key("ecdsa", "issuer of keys"), "测试证书机构").certificate
    assert refused(lambda: bench.key.store(authority, (), pin(WRONG_PIN))) is Problem.CERTIFICATE_USAGE
    assert bench.key.tries() == Tries(left=None)


def test_a_key_that_gives_back_something_else_is_told_and_cleaned(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    original = objects.octets

    def short(one: Any, which: Attribute) -> bytes:
        return original(one, which)[: 100 if which is Attribute.VALUE else None]

    with monkeypatch.context() as patch:
        patch.setattr(objects, "octets", short)
        said = refused(lambda: bench.key.store(None, (managed.seal(bench.own),), pin(PIN)))
    assert said is Problem.KEY_FAILED
    assert bench.counted()["data"] == 0


def test_a_seal_too_large_to_be_shown_every_second_is_passed_over(bench: Bench) -> None:
    seal = managed.seal(bench.own, png=managed.PNG + bytes(contents.MAX_SEAL_BYTES))
    bench.within(lambda session: session.create_object(_object(seal)))
    assert bench.key.seals == ()
    assert refused(lambda: bench.key.store(None, (seal,), pin(WRONG_PIN))) is Problem.KEY_FULL


def test_objects_without_end_are_not_read(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(contents, "_MAX_READ_BYTES", 1000)
    seal = managed.seal(bench.own)

    def write(session: Session) -> None:
        for value in (bytes(600), bytes(600), seal):
            session.create_object(_object(value))

    bench.within(write)
    assert bench.key.seals == ()
    assert bench.key.certificates == (bench.own,)


def _renewed(certificate: Certificate) -> Certificate:
    top = parties.authority(parties.key("ecdsa", "issuer of keys"), "测试证书机构")
    odd = parties.Odd(spki=certificate.public_key_der, ends=NOW + YEAR + timedelta(days=9))
    return parties.person(parties.key("ecdsa", "nobody"), certificate.owner, by=top, odd=odd).certificate


@pytest.mark.parametrize("version", [Version.V1, Version.V4])
def test_seals_of_both_standards_are_read_byte_for_byte_without_a_pin(bench: Bench, version: Version) -> None:
    seal = making.seal(making.PLAIN.but(version=version, maker="rsa"))
    bench.key.store(None, (seal,), pin(PIN))
    assert Pkcs11Driver(bench.store.module).plugged()[0].seals == (seal,)


def test_a_seal_with_the_number_of_an_older_one_takes_its_place(bench: Bench) -> None:
    older, other = managed.seal(bench.own), managed.seal(bench.own, es_id="44010000000002")
    bench.key.store(None, (older, other), pin(PIN))
    newer = managed.seal(bench.own, png=managed.PNG * 900)
    bench.key.store(None, (newer,), pin(PIN))
    assert set(bench.key.seals) == {newer, other}
    assert bench.counted()["data"] == 2


def test_of_two_seals_with_one_number_the_last_is_written(bench: Bench) -> None:
    first, last = managed.seal(bench.own), managed.seal(bench.own, name="改")
    bench.key.store(None, (first, last), pin(PIN))
    assert bench.key.seals == (last,)


def test_what_is_no_seal_is_refused_before_the_pin_is_used(bench: Bench) -> None:
    for foreign in (b"", b"0", bench.own.der, managed.seal(bench.own) + b"\0"):
        said = refused(lambda: bench.key.store(None, (foreign,), pin(WRONG_PIN)))  # noqa: B023
        assert said is Problem.SEAL_UNREADABLE
    large = bytes(contents.MAX_SEAL_BYTES + 1)
    assert refused(lambda: bench.key.store(None, (large,), pin(WRONG_PIN))) is Problem.KEY_FULL
    assert bench.key.tries() == Tries(left=None)


def test_more_seals_than_are_read_back_are_not_written(bench: Bench) -> None:
    many = tuple(managed.seal(bench.own, es_id=f"{number:014}") for number in range(contents.MAX_SEALS + 1))
    assert refused(lambda: bench.key.store(None, many, pin(PIN))) is Problem.KEY_FULL
    assert bench.counted()["data"] == 0
    bench.key.store(None, many[1:], pin(PIN))
    assert set(bench.key.seals) == set(many[1:])
    assert refused(lambda: bench.key.store(None, many[:1], pin(PIN))) is Problem.KEY_FULL


def _object(value: bytes, **more: Any) -> dict[Attribute, Any]:
    facts = {"class": ObjectClass.DATA, "token": True, "private": False, "value": value} | more
    return {Attribute[name.upper()]: fact for name, fact in facts.items()}


def test_seals_of_other_programs_are_shown_and_their_other_objects_passed_over(bench: Bench) -> None:
    seal = managed.seal(bench.own)
    foreign = (b"", b"0" * 3, b"\x30\x80" * 40, bytes(contents.MAX_SEAL_BYTES + 5), b"\x30" + b"\xff" * 64)

    def write(session: Session) -> None:
        for value in (*foreign, seal, seal):
            session.create_object(_object(value, application="vendor"))

    bench.within(write)
    assert bench.key.seals == (seal,)


def test_a_private_seal_is_not_seen_without_a_pin(bench: Bench) -> None:
    seal = managed.seal(bench.own)
    bench.within(lambda session: session.create_object(_object(seal, private=True)))
    assert bench.key.seals == ()


@QUICK
@given(values=some.lists(some.binary(max_size=300), max_size=3), text=some.text(max_size=40))
def test_no_data_object_of_a_stranger_disturbs_the_list(bench: Bench, values: list[bytes], text: str) -> None:
    label = text.encode(errors="replace").decode()

    def write(session: Session) -> None:
        for one in list(session.get_objects({Attribute.CLASS: ObjectClass.DATA})):
            one.destroy()
        for value in values:
            session.create_object(_object(value, label=label, application=label))

    bench.within(write)
    assert (bench.key.seals, bench.key.certificates) == ((), (bench.own,))


@QUICK
@given(name=some.text(some.characters(categories=("L", "N", "P", "S", "Zs")), min_size=1, max_size=80))
def test_whatever_a_seal_or_an_owner_is_called_it_is_written(bench: Bench, name: str) -> None:
    seal = making.seal(making.PLAIN.but(maker="rsa"))
    assert pairs._label(name).startswith(pairs.OURS)
    assert len(pairs._label(name).encode()) <= 32
    certificate = managed.stranger(name[:40])
    facts = writing._certificate(certificate, b"\1")
    bench.within(lambda session: session.create_object(facts).destroy())
    bench.key.store(None, (seal,), pin(PIN))
    assert bench.key.seals == (seal,)
