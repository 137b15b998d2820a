"""What can be said about a seal and a signature made with it: separate answers, each a small finding.

Five questions out of GM/T 0031-2014 §6, which GB/T 38540-2020 keeps: is the maker's signature right; was the
seal in its validity; is the signer in the seal's list; is the signature value right; is the digest that of
what was sealed. Nothing here builds chains or knows whom to trust: that is `crypto.certificates`, and the
answer about trust stays apart from these. Bad input gets an answer, never an exception.
"""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from yunqian.crypto import certificates, der, digests, public_keys, schemes, sm2
from yunqian.crypto.certificates import Certificate
from yunqian.crypto.suites import Suite
from yunqian.eseal.seal import Seal
from yunqian.eseal.signature import SealSignature
from yunqian.problems import Problem, Refused

_SM2 = Suite.SM2_SM3.value
# The curve in the place of the algorithm, and an identifier of a widespread library with one arc too few.
_SM2_MISSPELT = frozenset({"1.2.156.10197.1.301", "1.2.156.10197.501"})
_PSS = "1.2.840.113549.1.1.10"
_DIGESTS = {
    "SM3": "sm3",
    "1.2.156.10197.1.401": "sm3",
    "1.2.156.10197.1.401.1": "sm3",
    "SHA256": "sha256",
    "2.16.840.1.101.3.4.2.1": "sha256",
    "SHA384": "sha384",
    "2.16.840.1.101.3.4.2.2": "sha384",
    "SHA512": "sha512",
    "2.16.840.1.101.3.4.2.3": "sha512",
}


class Verdict(StrEnum):
    """One answer. INDETERMINATE means: could not be confirmed; it is never shown as good."""

    VALID = "valid"
    INVALID = "invalid"
    INDETERMINATE = "indeterminate"


@dataclass(frozen=True, slots=True)
class Finding:
    """One named check (maker, validity, membership, value, content) with its answer in both languages."""

    check: str
    verdict: Verdict
    zh: str
    en: str


def judge_seal(seal: Seal, *, at: datetime | None) -> tuple[Finding, ...]:
    """What a seal shows by itself: maker and validity. `at` is the moment of use, None where nobody knows it."""
    return judge_maker(seal), judge_validity(seal, at=at)


def judge(signature: SealSignature, content: bytes, *, at: datetime | None = None) -> tuple[Finding, ...]:
    """All five answers about a signature over `content`.

    `at` is a moment better known than the signer's claim, say from a time stamp; without it the claim is taken.
    """
    return (
        *judge_seal(signature.seal, at=at or signature.signed_at),
        judge_membership(signature.seal, signature.certificate),
        judge_value(signature),
        judge_content(signature, content),
    )


def judge_maker(seal: Seal) -> Finding:
    """Whether the seal is as its maker signed it, over the bytes as found."""
    verdict, zh, en = _signed(seal.maker_certificate, seal.algorithm, seal.signed, seal.value)
    return Finding("maker", verdict, f"印章制作者的签名{zh}", f"the seal maker's signature {en}")


def judge_value(signature: SealSignature) -> Finding:
    """Whether the signature value is right over the bytes as found."""
    verdict, zh, en = _signed(signature.certificate, signature.algorithm, signature.signed, signature.value)
    return Finding("value", verdict, f"签名值{zh}", f"the signature value {en}")


def judge_validity(seal: Seal, *, at: datetime | None) -> Finding:
    """Whether `at` lies in the seal's validity, both ends included."""
    begins, ends = seal.valid_from_at, seal.valid_until_at
    if at is None:
        return _validity(
            Verdict.INDETERMINATE, "使用印章的时间不明", "it is not known when the seal was used"
        )
    if begins is None or ends is None:
        return _validity(Verdict.INDETERMINATE, "印章的有效期无法读取", "the seal's validity cannot be read")
    span_zh = f"{begins:%Y-%m-%d} 至 {ends:%Y-%m-%d}"
    span_en = f"{begins:%Y-%m-%d} to {ends:%Y-%m-%d}"
    if begins <= at <= ends:
        return _validity(Verdict.VALID, f"印章在有效期内（{span_zh}）", f"the seal was valid ({span_en})")
    return _validity(
        Verdict.INVALID,
        f"印章不在有效期内（{span_zh}）",
        f"the seal was outside its validity ({span_en})",
    )


def _validity(verdict: Verdict, zh: str, en: str) -> Finding:
    return Finding("validity", verdict, zh, en)


def judge_membership(seal: Seal, certificate: bytes) -> Finding:
    """Whether a certificate (DER) is one of those that may apply the seal: by its bytes, or by its digest.

    A certificate that was renewed is another one: the seal must then be made anew.
    """
    is_digested = any(_matches(one.kind, one.value, certificate) for one in seal.certificate_digests)
    if is_digested or certificate in seal.certificates:
        return Finding(
            "membership",
            Verdict.VALID,
            "签名证书在印章的签章人证书列表中",
            "the signer's certificate is in the seal's list",
        )
    if seal.unknown_signers or any(_digest_name(one.kind) is None for one in seal.certificate_digests):
        return Finding(
            "membership",
            Verdict.INDETERMINATE,
            "印章的签章人证书列表有无法识别的内容，不能确认签名证书是否在其中",
            "the seal's list of signers holds what cannot be read, so membership cannot be confirmed",
        )
    return Finding(
        "membership",
        Verdict.INVALID,
        "签名证书不在印章的签章人证书列表中",
        "the signer's certificate is not in the seal's list",
    )


def judge_content(signature: SealSignature, content: bytes) -> Finding:
    """Whether the digest that was signed is that of `content`: for OFD, the bytes of Signature.xml.

    The digest is plain SM3, as every seal met so far has it; SM3(Z ‖ content), which another reading of the
    standard asks for, binds the content as well and is accepted with a remark.
    """
    scheme = _scheme(signature.algorithm)
    digest = None if scheme is None else _digest(scheme.digest, content)
    if scheme is None or digest is None:
        return _content(Verdict.INDETERMINATE, "摘要算法不受支持", "the digest algorithm is not supported")
    if digest == signature.data_hash:
        if scheme.is_weak:
            return _content(Verdict.INDETERMINATE, f"原文摘要{_WEAK[0]}", f"the digest {_WEAK[1]}")
        return _content(Verdict.VALID, "原文摘要一致", "the digest is that of the content")
    if scheme == _SM2 and _digest_with_z(signature.certificate, content) == signature.data_hash:
        return _content(
            Verdict.VALID,
            "原文摘要一致（摘要中含 Z 值，不是通行的写法）",
            "the digest is that of the content (with Z in it, which is not the usual form)",
        )
    return _content(Verdict.INVALID, "原文摘要不一致", "the digest is not that of the content")


def _content(verdict: Verdict, zh: str, en: str) -> Finding:
    return Finding("content", verdict, zh, en)


_WEAK = ("使用了不再安全的 SHA-1", "uses SHA-1, which is no longer safe")


def _signed(certificate: bytes, algorithm: str, message: bytes, value: bytes) -> tuple[Verdict, str, str]:
    """Verdict, zh and en about a signature value; the texts go on after its name."""
    scheme = _scheme(algorithm)
    if scheme is None:
        return (
            Verdict.INDETERMINATE,
            f"的算法 {algorithm} 不受支持",
            f"uses {algorithm}, which is not supported",
        )
    try:
        is_right = _is_right(scheme, certificates.read(certificate), message, value)
    except Refused as refusal:
        return _not_checked(refusal.problem)
    if not is_right:
        return Verdict.INVALID, "不正确", "is not right"
    if scheme.is_weak:
        return Verdict.INDETERMINATE, *_WEAK
    return Verdict.VALID, f"正确（{scheme.label}）", f"is right ({scheme.label})"


def _not_checked(problem: Problem) -> tuple[Verdict, str, str]:
    if problem is Problem.SIGNATURE_INVALID:
        return Verdict.INVALID, "不正确", "is not right"
    if problem is Problem.CERTIFICATE_UNREADABLE:
        return Verdict.INDETERMINATE, "的证书无法读取", "cannot be checked: its certificate cannot be read"
    return Verdict.INDETERMINATE, "无法在本机核验", "cannot be checked on this machine"


def _is_right(scheme: schemes.Scheme, certificate: Certificate, message: bytes, value: bytes) -> bool:
    """SM2 values are DER, or 64 bytes r ‖ s. Raises Refused where this cannot be checked."""
    form = sm2.der_value(value) if scheme == _SM2 else value
    return schemes.verify(scheme, certificate.public_key_der, message, form)


def _scheme(algorithm: str) -> schemes.Scheme | None:
    """A seal names its algorithm by a bare identifier, so that PSS, which lives by its parameters, says nothing."""
    if algorithm == _PSS:
        return None
    if algorithm in _SM2_MISSPELT:
        return _SM2
    return schemes.read(der.sequence(der.oid(algorithm)))


def _digest(name: str, content: bytes) -> bytes | None:
    """None where this machine has no such digest."""
    try:
        return digests.of(name, content)
    except Refused:
        return None


def _digest_with_z(certificate: bytes, content: bytes) -> bytes | None:
    try:
        key = public_keys.read(certificates.read(certificate).public_key_der)
        return sm2.public_key(key.octets).e_value(content)
    except Refused:
        return None


def _digest_name(kind: str) -> str | None:
    return _DIGESTS.get(kind.upper().replace("-", ""))


def _matches(kind: str, value: bytes, certificate: bytes) -> bool:
    name = _digest_name(kind)
    return name is not None and _digest(name, certificate) == value
