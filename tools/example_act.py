"""One small signed document, the same bytes at every making: what docs/engine.md takes apart.

Keys come from names and pictures are stored uncompressed, so that nothing depends on chance or on a build of zlib.
The keys are worth nothing: everybody can make them.
"""

import hashlib
import io
import struct
import zlib
from dataclasses import dataclass
from datetime import timedelta
from functools import cache

import pikepdf
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509.oid import ExtendedKeyUsageOID

from tests.eseal import making
from tests.pki import hierarchy, parties, stamps
from tests.pki.hierarchy import NOW, Holder
from yunqian.crypto import der
from yunqian.engine import slots, timestamp
from yunqian.engine.embed import embed
from yunqian.engine.marks import Box, DateMark, Edge, Impression, PagingMark, SealMark
from yunqian.engine.prepare import prepare
from yunqian.engine.report import Trust

AT = NOW
_EXPONENT = 65537
_HALF_BITS = 1024
_SMALL_PRIMES = [n for n in range(3, 2000, 2) if all(n % m for m in range(3, int(n**0.5) + 1, 2))]
_A4 = (0, 0, 595.276, 841.89)


@dataclass(frozen=True)
class Example:
    """The document before and the bytes put behind it, and whom a reader has to trust."""

    base: bytes
    tail: bytes
    trust: Trust

    @property
    def document(self) -> bytes:
        return self.base + self.tail


@cache
def example() -> Example:
    """Two pages with a slot for a paging seal; one act with seal, date, strips and time stamp."""
    root = hierarchy.issue(_key("root"), "Example Root", is_ca=True)
    signer = hierarchy.issue(_key("signer"), "Example Signer", by=root)
    stamping = ExtendedKeyUsageOID.TIME_STAMPING
    stamper = hierarchy.issue(_key("stamper"), "Example Time Stamping", by=root, extended=stamping)
    base, seal = _base(), _impression(root, signer)
    marks = (
        SealMark(1, Box(300, 200, 113.4, 113.4), seal),
        DateMark(1, Box(310, 175, 95, 16), "2026年11月22日"),
        PagingMark(impression=seal),
    )
    prepared = prepare(base, marks, certificate=signer.certificate, chain=signer.chain, field="seal", at=AT)
    value = signer.sign(prepared.signed_attributes)
    stamp = stamps.token(
        stamper, timestamp.timestamp_imprint(value), at=AT + timedelta(seconds=2), nonce=20261122
    )
    tail = embed(base, prepared, value, certificate=signer.certificate, chain=signer.chain, timestamp=stamp)
    return Example(base, tail, Trust((root.certificate,), (hierarchy.revocation_list(root),)))


def _key(name: str) -> rsa.RSAPrivateKey:
    """An RSA-2048 key out of its name."""
    p, q = _prime(f"{name} p"), _prime(f"{name} q")
    secret = pow(_EXPONENT, -1, (p - 1) * (q - 1))
    numbers = rsa.RSAPrivateNumbers(
        p=p,
        q=q,
        d=secret,
        dmp1=secret % (p - 1),
        dmq1=secret % (q - 1),
        iqmp=pow(q, -1, p),
        public_numbers=rsa.RSAPublicNumbers(_EXPONENT, p * q),
    )
    return numbers.private_key()  # which checks that the numbers make a key


def _prime(name: str) -> int:
    """The next probable prime from a number that the name digests to; the two highest bits are set."""
    digests = (hashlib.sha512(f"yunqian example {name} {part}".encode()).digest() for part in range(2))
    candidate = int.from_bytes(b"".join(digests), "big") | 3 << (_HALF_BITS - 2) | 1
    while (
        any(candidate % prime == 0 for prime in _SMALL_PRIMES)
        or pow(2, candidate - 1, candidate) != 1
        or candidate % _EXPONENT == 1
    ):
        candidate += 2
    return candidate


def _base() -> bytes:
    pdf = pikepdf.new()
    for number in (1, 2):
        text = pikepdf.Stream(pdf, b"BT /F1 24 Tf 72 700 Td (Page %d) Tj ET" % number)
        font = pikepdf.Dictionary(
            Type=pikepdf.Name.Font, Subtype=pikepdf.Name.Type1, BaseFont=pikepdf.Name.Helvetica
        )
        page = pikepdf.Dictionary(
            Type=pikepdf.Name.Page,
            MediaBox=list(_A4),
            Contents=pdf.make_indirect(text),
            Resources=pikepdf.Dictionary(Font=pikepdf.Dictionary(F1=font)),
        )
        pdf.pages.append(pikepdf.Page(pdf.make_indirect(page)))
    slots.reserve(pdf, slots={Edge.RIGHT: 1})
    written = io.BytesIO()
    pdf.save(
        written,
        deterministic_id=True,
        compress_streams=False,
        object_stream_mode=pikepdf.ObjectStreamMode.disable,
    )
    return written.getvalue()


def _impression(root: Holder, signer: Holder) -> Impression:
    """A red square of two pixels' side, inside an electronic seal that names the signer."""
    png = _png([b"\xd2\x00\x00\xff" * 2] * 2, width=2)
    issuing = parties.Party(root.key, root.certificate, parties.name("Example Root"))
    maker = parties.person(_key("maker"), "Example Seal Maker", by=issuing)
    shape = making.PLAIN.but(
        maker="rsa",
        by=maker,
        picture=png,
        size_mm=(40, 40),
        signers=(der.octets(signer.certificate.der),),
    )
    return Impression("公章", png, 40, 40, making.seal(shape))


def _png(rows: list[bytes], *, width: int) -> bytes:
    """A PNG whose pixels are stored, not compressed."""
    header = struct.pack(">IIBBBBB", width, len(rows), 8, 6, 0, 0, 0)
    pixels = zlib.compress(b"".join(b"\x00" + row for row in rows), 0)
    chunks = ((b"IHDR", header), (b"IDAT", pixels), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))
        for kind, content in chunks
    )
