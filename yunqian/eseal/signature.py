"""The signature made with an electronic seal, SES_Signature, in its three versions: read as found.

It holds the whole seal, the digest of what was sealed, the signer's certificate and the signature value. In an
OFD package it is SignedValue.dat; in a PDF it stands in /Contents.
"""

from dataclasses import dataclass, field
from datetime import datetime

from yunqian.crypto import ber
from yunqian.eseal import fields, seal
from yunqian.eseal.fields import Extension
from yunqian.eseal.seal import Seal, Version
from yunqian.problems import Problem, Refused

_TIMES = (fields.UTC_TIME, fields.GENERALIZED_TIME)


@dataclass(frozen=True, slots=True)
class SealSignature:
    """One signature by a seal. `whole` is its own bytes, `signed` those that the signer's key signed.

    `signed_at` is the signer's claim, None where `signed_at_text` names no moment or V1 carries a time-stamp
    token in its place (`time_token`). `property_info` names what `data_hash` was taken over: for OFD the path of
    Signature.xml. `timestamp` covers the signature value. `certificate` is DER as found, perhaps unreadable.
    """

    version: Version
    stated_version: int
    seal: Seal
    signed_at_text: str
    signed_at: datetime | None
    time_token: bytes | None = field(repr=False)
    data_hash: bytes = field(repr=False)
    property_info: str
    extensions: tuple[Extension, ...]
    certificate: bytes = field(repr=False)
    algorithm: str
    value: bytes = field(repr=False)
    timestamp: bytes | None = field(repr=False)
    whole: bytes = field(repr=False)
    signed: bytes = field(repr=False)


def read(encoded: bytes) -> SealSignature:
    """Read one seal signature: exactly these bytes, nothing behind them.

    Raises Refused(SEAL_UNREADABLE) for anything else, a bare signature value and a PKCS#7 among it.
    """
    try:
        if len(encoded) > seal.MAX_BYTES:
            raise ber.NotBer("too large")
        return _read(ber.only(bytes(encoded), ber.SEQUENCE))
    except ber.NotBer as error:
        raise Refused(Problem.SEAL_UNREADABLE) from error


def _read(found: ber.Element) -> SealSignature:
    parts = fields.members(found, 2, 5)
    if len(parts) == 2:
        return _first(found.whole, *parts)
    if len(parts) == 3:
        raise ber.NotBer("three elements are no seal signature")
    signed, certificate, algorithm, value, *stamp = parts
    stated, sealed, time, digest, covered, *more = fields.members(signed, 5, 6)
    return _signature(
        _Frame(found.whole, signed.whole, certificate, algorithm, value, stamp),
        _Claims(stated, sealed, time, digest, covered, more),
        is_first=False,
    )


def _first(whole: bytes, signed: ber.Element, value: ber.Element) -> SealSignature:
    """V1: certificate and algorithm are signed along with the rest."""
    stated, sealed, time, digest, covered, certificate, algorithm = fields.members(signed, 7, 7)
    return _signature(
        _Frame(whole, signed.whole, certificate, algorithm, value, []),
        _Claims(stated, sealed, time, digest, covered, []),
        is_first=True,
    )


@dataclass(frozen=True, slots=True)
class _Frame:
    """By whom and how it is signed, and over which bytes."""

    whole: bytes
    signed: bytes
    certificate: ber.Element
    algorithm: ber.Element
    value: ber.Element
    stamp: list[ber.Element]


@dataclass(frozen=True, slots=True)
class _Claims:
    """What is signed, in the order of TBS_Sign."""

    version: ber.Element
    seal: ber.Element
    time: ber.Element
    digest: ber.Element
    covered: ber.Element
    extensions: list[ber.Element]


def _signature(frame: _Frame, claims: _Claims, *, is_first: bool) -> SealSignature:
    applied = seal.of_element(claims.seal)
    newer = Version.V5 if applied.version is Version.V5 else Version.V4
    text, at, token = _time(claims.time)
    return SealSignature(
        version=Version.V1 if is_first else newer,
        stated_version=fields.number(claims.version),
        seal=applied,
        signed_at_text=text,
        signed_at=at,
        time_token=token,
        data_hash=fields.bits(claims.digest),
        property_info=fields.text(claims.covered),
        extensions=fields.extensions(claims.extensions),
        certificate=fields.certificate(frame.certificate),
        algorithm=fields.algorithm(frame.algorithm),
        value=fields.bits(frame.value),
        timestamp=fields.timestamp(frame.stamp),
        whole=frame.whole,
        signed=frame.signed,
    )


def _time(found: ber.Element) -> tuple[str, datetime | None, bytes | None]:
    """timeInfo: a time, or in V1 a BIT STRING around a time, its bare text, or a time-stamp token."""
    if found.tag in _TIMES:
        return fields.moment_text(found), fields.moment(found), None
    inside = fields.bits(found)
    if inside[:1] and inside[0] in _TIMES:
        return _time(ber.only(inside, inside[0]))
    written = ber.Element(fields.GENERALIZED_TIME, inside, inside)
    at = fields.moment(written)
    return ("", None, inside) if at is None else (fields.moment_text(written), at, None)
