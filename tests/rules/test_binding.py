"""Whether a certificate names whom it is to be bound to: a number decides, and a name alone never does."""

import hashlib

import pytest

from yunqian.crypto import digests
from yunqian.crypto.identities import Identity
from yunqian.rules.binding import Holder, is_organization, is_person

NUMBER, OTHER = "11010519491231002X", "110105194912310046"
USCC = "91440101MA5CUXKX5N"
LI = Holder("李明", "广东示例科技有限公司", id_number=NUMBER)
COMPANY = Holder("广东示例科技有限公司", code=USCC)


def identity(name: str = "李明", **facts: object) -> Identity:
    known: dict[str, object] = {
        "organization": "",
        "person_numbers": frozenset(),
        "person_digests": frozenset(),
        "codes": frozenset(),
        "stable": "",
    }
    return Identity(name, **(known | facts))  # type: ignore[arg-type]


def test_the_number_and_the_name_together_are_the_person():
    assert is_person(identity(person_numbers=frozenset({NUMBER})), LI)
    assert not is_person(identity(person_numbers=frozenset({OTHER})), LI)
    assert not is_person(identity("王芳", person_numbers=frozenset({NUMBER})), LI)
    assert not is_person(identity(person_numbers=frozenset({NUMBER, OTHER})), LI)


@pytest.mark.parametrize(
    "digest", [hashlib.sha256(NUMBER.encode()).digest(), digests.of("sm3", NUMBER.encode())]
)
def test_a_digest_of_the_number_is_worth_the_number(digest: bytes):
    assert is_person(identity(person_digests=frozenset({digest.hex()})), LI)
    assert not is_person(identity(person_digests=frozenset({"00" * 32})), LI)


def test_a_number_that_the_platform_has_not_verified_is_no_match():
    unverified = Holder("李明", "广东示例科技有限公司")
    stated = identity(person_numbers=frozenset({NUMBER}), organization="广东示例科技有限公司")
    assert not is_person(stated, unverified)


def test_without_a_number_the_organization_stands_beside_the_name():
    beside = identity(organization="广东示例科技有限公司")
    assert is_person(beside, Holder("李明", "广东示例科技有限公司"))
    assert not is_person(beside, Holder("李明", "某市公共资源交易中心"))
    assert not is_person(identity(), Holder("李明", "广东示例科技有限公司"))


def test_a_name_alone_is_nobody():
    assert not is_person(identity(), Holder("李明"))
    assert not is_person(identity(organization=""), Holder("李明", ""))


def test_an_organization_is_its_verified_code_and_its_name():
    assert is_organization(identity(COMPANY.name, codes=frozenset({USCC})), COMPANY)
    assert not is_organization(identity("李明", codes=frozenset({USCC})), COMPANY)
    assert not is_organization(identity(COMPANY.name), COMPANY)
    assert not is_organization(identity(COMPANY.name, codes=frozenset({USCC})), Holder(COMPANY.name))
