"""Reading seal signatures: three structures, the seal inside them, time in four forms."""

import pytest

from tests.eseal import making
from tests.eseal.making import PLAIN
from yunqian.crypto import der
from yunqian.eseal import seal, signature
from yunqian.eseal.seal import Version
from yunqian.problems import Problem, Refused

SIGNED_AT = making.SIGNED_AT.replace(microsecond=0)
LONG_FORM = f"{SIGNED_AT:%Y%m%d%H%M%SZ}"


@pytest.mark.parametrize("version", Version)
def test_every_field_of_every_version_is_read(version: Version):
    shape = PLAIN.but(version=version)
    sealed = making.seal(shape)
    encoded = making.signature(shape, sealed=sealed)
    found = signature.read(encoded)
    assert (found.version, found.stated_version) == (version, version)
    assert found.seal == seal.read(sealed)
    assert found.signed_at == SIGNED_AT
    assert found.signed_at_text == (LONG_FORM[2:] if version is Version.V1 else LONG_FORM)
    assert found.data_hash == making.digest("sm2", making.CONTENT)
    assert found.property_info == "/Doc_0/Signs/Sign_0/Signature.xml"
    assert found.certificate == making.signer().certificate.der
    assert found.algorithm == "1.2.156.10197.1.501"
    assert (found.whole, found.timestamp, found.time_token) == (encoded, None, None)
    assert der.only(encoded, der.SEQUENCE).startswith(found.signed)


@pytest.mark.parametrize(
    ("written", "text", "token"),
    [
        (making.bits(making.text(0x18, LONG_FORM)), LONG_FORM, None),
        (making.bits(LONG_FORM.encode()), LONG_FORM, None),
        (making.text(0x18, LONG_FORM), LONG_FORM, None),
        (making.bits(der.sequence(der.integer(1))), "", der.sequence(der.integer(1))),
    ],
    ids=["an element in bits", "text in bits", "bare", "a token"],
)
def test_the_first_version_tells_its_time_in_four_forms(written: bytes, text: str, token: bytes | None):
    found = signature.read(making.signature(PLAIN.but(version=Version.V1, time_info=written)))
    assert (found.signed_at_text, found.time_token) == (text, token)
    assert found.signed_at == (SIGNED_AT if text else None)


def test_a_time_that_names_no_moment_is_kept_as_text():
    found = signature.read(making.signature(PLAIN.but(time_info=making.text(0x18, "yesterday"))))
    assert (found.signed_at_text, found.signed_at) == ("yesterday", None)


def test_extensions_and_a_time_stamp_are_kept_as_found():
    more = der.sequence(der.oid("1.3.6.1.5.5.7.1.4"), b"\x01\x01\xff", der.octets(b"value"))
    found = signature.read(
        making.signature(
            PLAIN.but(
                extensions=der.explicit(0, der.sequence(more)), stamp=der.explicit(0, making.bits(b"token"))
            )
        )
    )
    (extension,) = found.extensions
    assert (extension.identifier, extension.is_critical, extension.value) == (
        "1.3.6.1.5.5.7.1.4",
        True,
        b"value",
    )
    assert found.timestamp == b"token"


@pytest.mark.parametrize(
    "encoded",
    [
        b"",
        der.sequence(der.integer(7), der.integer(8)),
        der.sequence(der.oid("1.2.156.10197.6.1.4.2.2"), der.explicit(0, der.sequence())),
        making.seal(),
        making.seal(PLAIN.but(version=Version.V1)),
        making.signature() + b"\x00",
    ],
    ids=["empty", "a bare value", "PKCS#7", "a seal", "a first seal", "more behind"],
)
def test_what_is_no_seal_signature_is_refused(encoded: bytes):
    with pytest.raises(Refused) as refused:
        signature.read(encoded)
    assert refused.value.problem is Problem.SEAL_UNREADABLE
