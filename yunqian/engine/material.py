"""What came with the document to judge it by: certificates, revocation lists, OCSP responses.

From the document security store (ISO 32000-2 §12.8.4.3, ETSI EN 319 142-1 §5.4.2) and from the signatures
themselves. Each piece carries its maker's own signature, so it does not matter who put it there. Nothing is
fetched, and no address in a certificate is ever followed.
"""

import zlib
from collections.abc import Iterator
from dataclasses import dataclass

import pikepdf

from yunqian.crypto import ber, certificates
from yunqian.crypto.certificates import Certificate
from yunqian.engine.report import Trust
from yunqian.engine.signed_message import SignedMessage
from yunqian.problems import Refused

_MOST_PIECES = 256
_MAX_PIECE_BYTES = 16 * 1024 * 1024
_REVOCATION_VALUES = "1.2.840.113583.1.1.8"  # adbe-revocationInfoArchival (ISO 32000-2 §12.8.3.3.2)
_CRLS, _OCSPS = 0xA0, 0xA1


@dataclass(frozen=True, slots=True)
class Material:
    """Certificates to build chains with, and statements about revocation; the reader's own among them."""

    certificates: tuple[Certificate, ...] = ()
    crls: tuple[bytes, ...] = ()
    ocsps: tuple[bytes, ...] = ()

    def __add__(self, other: "Material") -> "Material":
        return Material(
            tuple(dict.fromkeys((*self.certificates, *other.certificates))),
            tuple(dict.fromkeys((*self.crls, *other.crls))),
            tuple(dict.fromkeys((*self.ocsps, *other.ocsps))),
        )


def of_reader(trust: Trust) -> Material:
    """What the reader of the report brings along."""
    return Material(trust.intermediates, trust.crls, trust.ocsps)


def of_document(pdf: pikepdf.Pdf) -> Material:
    """The document security store, as far as it can be read."""
    store = pdf.Root.get("/DSS")
    if not isinstance(store, pikepdf.Dictionary):
        return Material()
    return Material(
        tuple(_readable(_streams(store, "/Certs"))),
        tuple(_streams(store, "/CRLs")),
        tuple(_streams(store, "/OCSPs")),
    )


def _streams(store: pikepdf.Object, key: str) -> Iterator[bytes]:
    listed = store.get(key)
    for one in list(listed)[:_MOST_PIECES] if isinstance(listed, pikepdf.Array) else []:
        piece = _content(one) if isinstance(one, pikepdf.Stream) else None
        if piece:
            yield piece


def _content(stream: pikepdf.Object) -> bytes | None:
    """The decoded stream, never more than a piece may have: a few bytes can be made to unfold into gigabytes.

    None for more than that, for filters nobody uses here, and for a stream that cannot be read: a damaged piece
    of evidence proves nothing, and hinders nothing.
    """
    names = stream.get("/Filter")
    try:
        raw: bytes = stream.read_raw_bytes()
        if names is None:
            return raw if len(raw) <= _MAX_PIECE_BYTES else None
        if names != pikepdf.Name.FlateDecode or "/DecodeParms" in stream:
            return None
        unfolding = zlib.decompressobj()
        content = unfolding.decompress(raw, _MAX_PIECE_BYTES)
    except (pikepdf.PdfError, zlib.error):
        return None
    return content if unfolding.eof else None


def _readable(encoded: Iterator[bytes]) -> Iterator[Certificate]:
    for one in encoded:
        try:
            yield certificates.read(one)
        except Refused:
            continue


def of_message(message: SignedMessage) -> Material:
    """What a CMS carries: its certificates, its lists, and the revocation values that Adobe's readers put in."""
    try:
        crls, ocsps = _archived(message.attributes)
    except (ber.NotBer, IndexError, ValueError):
        crls, ocsps = (), ()
    return Material(message.others, (*message.crls, *crls), ocsps)


def _archived(attributes: bytes | None) -> tuple[tuple[bytes, ...], tuple[bytes, ...]]:
    """CRLs and OCSP responses of the signed attribute RevocationInfoArchival. Raises ber.NotBer."""
    for attribute in ber.only(attributes, ber.SET).children() if attributes else []:
        kind, values = attribute.children()
        if ber.dotted(kind) == _REVOCATION_VALUES:
            parts = {part.tag: part for part in values.children()[0].tagged(ber.SEQUENCE).children()}
            return _listed(parts.get(_CRLS)), _listed(parts.get(_OCSPS))
    return (), ()


def _listed(part: ber.Element | None) -> tuple[bytes, ...]:
    """Of `[n] EXPLICIT SEQUENCE OF`, each whole element."""
    listed = part.children()[0].tagged(ber.SEQUENCE).children() if part is not None else []
    return tuple(one.whole for one in listed[:_MOST_PIECES])
