"""Whom a certificate names: the numbers that its renewal keeps, in the forms in which authorities write them."""

import base64
import hashlib

import pytest

from tests.pki.hierarchy import Holder, ec_key, issue
from tests.pki.identified import CODE, ENTITY, PERSON, holder, text
from yunqian.crypto import der, identities
from yunqian.crypto.certificates import Certificate

NUMBER = "11010519491231002X"
USCC = "91440101MA5CUXKX5N"


@pytest.fixture(scope="module")
def root() -> Holder:
    return issue(ec_key("identities-root"), "测试根证书机构", is_ca=True)


def named(root: Holder, **facts: object) -> Certificate:
    return holder("identities", "李明", by=root, **facts).certificate  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "value",
    [
        text(NUMBER),
        text(NUMBER, 0x13),
        text(NUMBER, 0x16),
        der.tlv(0x80, NUMBER.encode()),
        der.explicit(0, text(NUMBER, 0x13)),
        text(NUMBER.lower()),
    ],
    ids=["utf8", "printable", "ia5", "implicit", "explicit", "small x"],
)
def test_the_number_of_a_person_is_read_in_every_form(root: Holder, value: bytes) -> None:
    found = identities.read(named(root, extensions={PERSON: value}))
    assert found.person_numbers == {NUMBER}
    assert found.names_a_person
    assert found.name == "李明"


@pytest.mark.parametrize("number", [NUMBER, f"IDCCN-{NUMBER}"])
def test_a_number_in_the_subject_counts_as_well(root: Holder, number: str) -> None:
    assert identities.read(named(root, serial_number=number)).person_numbers == {NUMBER}


def test_a_digest_of_the_number_is_told_as_a_digest(root: Holder) -> None:
    digest = hashlib.sha256(NUMBER.encode())
    for written in (
        digest.hexdigest(),
        digest.hexdigest().upper(),
        base64.b64encode(digest.digest()).decode(),
    ):
        found = identities.read(named(root, extensions={PERSON: text(written)}))
        assert (found.person_numbers, found.person_digests) == (frozenset(), {digest.hexdigest()})
        assert found.names_a_person


def test_the_code_of_an_organization_is_read_and_is_no_person(root: Holder) -> None:
    found = identities.read(named(root, extensions={CODE: text(USCC)}, organization="广东示例科技有限公司"))
    assert (found.codes, found.person_numbers) == ({USCC}, frozenset())
    assert found.organization == "广东示例科技有限公司"
    assert identities.read(named(root, serial_number=USCC)).codes == {USCC}


def test_the_entity_identifier_of_netca_gives_its_number_plain_or_in_base64(root: Holder) -> None:
    coded = base64.b64encode(NUMBER.encode()).decode()
    for value in (f"10086@5005SF0{NUMBER}", f"10086@5005SF1{coded}"):
        found = identities.read(named(root, extensions={ENTITY: text(value)}))
        assert found.person_numbers == {NUMBER}
        assert found.stable == f"entity {value}"


def test_what_is_stable_survives_a_renewal_and_tells_holders_apart(root: Holder) -> None:
    one = named(root, extensions={PERSON: text(NUMBER)})
    renewed = holder("renewed", "李明", by=root, extensions={PERSON: text(NUMBER, 0x13)}).certificate
    other = named(root, extensions={PERSON: text("110105194912310046")})
    assert one.sha256 != renewed.sha256
    assert identities.read(one).stable == identities.read(renewed).stable
    assert identities.read(one).stable != identities.read(other).stable
    seal_holder = holder("finance", "财务专用", by=root, extensions={CODE: text(USCC)}).certificate
    assert (
        identities.read(seal_holder).stable
        != identities.read(named(root, extensions={CODE: text(USCC)})).stable
    )


def test_without_any_number_the_whole_subject_is_what_is_stable(root: Holder) -> None:
    plain = identities.read(named(root))
    assert plain.stable == identities.read(holder("again", "李明", by=root).certificate).stable
    assert plain.stable != identities.read(named(root, organization="广东示例科技有限公司")).stable
    assert not plain.names_a_person


@pytest.mark.parametrize(
    "value", [b"", b"\x0c", b"\x0c\x7f1", b"\x30\x00", b"\x02\x01\x05", b"\x0c\x01a\x00"]
)
def test_what_cannot_be_read_says_nothing(root: Holder, value: bytes) -> None:
    found = identities.read(named(root, extensions={PERSON: value, CODE: value, ENTITY: value}))
    assert (found.person_numbers, found.person_digests, found.codes) == (
        frozenset(),
        frozenset(),
        frozenset(),
    )
