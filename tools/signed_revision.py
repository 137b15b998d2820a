"""docs/engine.md: its generated parts, which take the example act apart byte by byte.

What a part is and which clause it follows is told beside it; the table of clauses is here, the bytes are the
engine's. `make generate` writes the page again, and a test compares.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from tools.example_act import Example, example
from yunqian.crypto import ber

PAGE = Path(__file__).resolve().parents[1] / "docs" / "engine.md"
_OBJECT = re.compile(rb"(\d+) (\d+) obj\n(.*?)\nendobj\n", re.DOTALL)
_STREAM = re.compile(rb"stream\n(.*)\nendstream", re.DOTALL)
_LONG_HEX = re.compile(rb"<([0-9a-fA-F]{100,})>")
_WIDTHS = re.compile(rb"/W\[1\[.*?\]\]")
_SHOWN_DIGITS = 16
_OCTETS_SHOWN = 12

# What an object is, by what stands in it; the first that fits.
_ROLES = (
    (rb"/SigFlags", "the form: one more field, and that there are signatures", "ISO 32000-2 §12.7.3"),
    (rb"/Type /Page\b", "the page: one more annotation; all else as it was", "ISO 32000-2 §7.7.3.3"),
    (
        rb"/Parent \d+ 0 R /Rect",
        "paging seal, a slot's page: only /AP is new",
        "ISO 32000-2 §12.5.6.19, §12.7.5.2.2; decision 7",
    ),
    (rb"/Type/Sig/", "the signature dictionary", "ISO 32000-2 §12.8.1, table 255; EN 319 142-1 §5.3, §6.3"),
    (rb"/DeviceGray", "the seal's transparency", "ISO 32000-2 §11.6.5.2"),
    (rb"/DeviceRGB", "the seal's picture, once for all places that show it", "ISO 32000-2 §8.9.5"),
    (rb"<</XObject<</S ", "the resources that all strips share", "ISO 32000-2 §7.8.3"),
    (rb"/Matrix.*/Resources \d", "one strip: the seal's picture, cut to its part", "ISO 32000-2 §8.10.2"),
    (rb"/Length1 ", "the date's font: outlines of its subset", "ISO 32000-2 §9.9"),
    (rb"/FontDescriptor/FontName", "the date's font: descriptor", "ISO 32000-2 §9.8"),
    (rb"/CIDFontType2", "the date's font: widths", "ISO 32000-2 §9.7.4"),
    (rb"/Type0", "the date's font, glyph numbers as codes", "ISO 32000-2 §9.7.6"),
    (rb"/FT/Sig", "the signature field and its widget in one", "ISO 32000-2 §12.7.5.5, §12.5.6.19"),
    (rb"/Type/XObject/Subtype/Form", "what the widget shows: seal and date", "ISO 32000-2 §12.5.5, §8.10"),
    (rb"^<</Filter", "the date's font: what each glyph means", "ISO 32000-2 §9.10.3"),
)


def page_text() -> str:
    """The page with its generated parts as they are now."""
    made = example()
    parts = {"revision": revision(made), "message": message(made), "seal": seal(made)}
    text = PAGE.read_text("utf-8")
    for name, part in parts.items():
        begins, ends = f"<!-- {name}: made by make generate -->", f"<!-- end of {name} -->"
        before, begin, rest = text.partition(begins)
        _, end, after = rest.partition(ends)
        if not begin or not end:
            raise SystemExit(f"{PAGE.name} has lost its markers of {name}")
        text = f"{before}{begin}\n\n{part}\n\n{end}{after}"
    return text


# ------------------------------------------------------------------ the tail


def revision(made: Example) -> str:
    """Every object of the tail at its offset, then the cross-reference table and the trailer."""
    found = list(_OBJECT.finditer(made.tail))
    parts = [_object(each, len(made.base)) for each in found]
    return "\n\n".join([*parts, _ending(made, found[-1].end())])


def _object(found: re.Match[bytes], base: int) -> str:
    body = found[3]
    role, clause = next((role, clause) for mark, role, clause in _ROLES if re.search(mark, body, re.DOTALL))
    heading = f"**{base + found.start()}** · object {found[1].decode()} · {role} · *{clause}*"
    shown = f"{found[1].decode()} {found[2].decode()} obj\n{_shortened(body)}\nendobj"
    return f"{heading}\n\n```\n{shown}\n```"


def _shortened(body: bytes) -> str:
    """An object as written, with what is long told by its length."""
    stream = _STREAM.search(body)
    if stream:
        content = stream[1]
        is_plain = b"/Filter" not in body[: stream.start()]
        told = content if is_plain else b"(%d bytes, deflated)" % len(content)
        body = body[: stream.start()] + b"stream\n" + told + b"\nendstream"
    body = _WIDTHS.sub(b"/W[...]", body)
    body = _LONG_HEX.sub(_hex, body)
    text = (
        body.replace(b"/ByteRange", b"\n/ByteRange").replace(b"/Contents<", b"\n/Contents<").decode("ascii")
    )
    return "\n".join(line.rstrip() for line in text.split("\n"))


def _hex(found: re.Match[bytes]) -> bytes:
    digits = found[1]
    return b"<%s... %d digits in all>" % (digits[:_SHOWN_DIGITS], len(digits))


def _ending(made: Example, at: int) -> str:
    text = made.tail[at:].decode("ascii").rstrip("\n")
    table, trailer = text.index("xref"), text.index("trailer")
    start = text.index("startxref")
    trailer_clause = "trailer: /Prev leads to the table before · *ISO 32000-2 §7.5.5*"
    rows = text[table:trailer].rstrip().split("\n")
    listed = "\n".join(row.rstrip() for row in rows)
    return "\n\n".join(
        (
            f"**{len(made.base) + at}** · cross-reference table: only what is new · *ISO 32000-2 §7.5.4, §7.5.6*",
            f"```\n{listed}\n```",
            f"**{len(made.base) + at + trailer}** · {trailer_clause}",
            f"```\n{text[trailer:start].rstrip()}\n```",
            f"**{len(made.base) + at + start}** · where the table begins, and the end · *ISO 32000-2 §7.5.5*",
            f"```\n{text[start:]}\n```",
        )
    )


# ------------------------------------------------------------------ the DER inside

_OIDS = {
    "1.2.840.113549.1.7.1": ("data", ""),
    "1.2.840.113549.1.7.2": ("signedData", "RFC 5652 §5.1"),
    "1.2.840.113549.1.9.3": ("content-type", "RFC 5652 §11.1"),
    "1.2.840.113549.1.9.4": ("message-digest", "RFC 5652 §11.2"),
    "1.2.840.113549.1.9.5": ("signing-time", "RFC 5652 §11.3"),
    "1.2.840.113549.1.9.16.2.47": ("signing-certificate-v2", "RFC 5035 §3; EN 319 142-1 §6.3"),
    "1.2.840.113549.1.9.16.2.14": ("signature-time-stamp", "RFC 3161 appendix A; EN 319 142-1 §6.3"),
    "1.2.840.113549.1.9.16.1.4": ("id-ct-TSTInfo", "RFC 3161 §2.4.2"),
    "1.2.840.113549.1.1.1": ("rsaEncryption", ""),
    "2.5.4.3": ("commonName", ""),
    "2.5.4.6": ("countryName", ""),
    "1.2.840.113549.1.1.11": ("sha256WithRSAEncryption", "RFC 4055 §5"),
    "2.16.840.1.101.3.4.2.1": ("sha256", "RFC 5754 §2.2"),
}
_TAGS = {
    0x01: "BOOLEAN",
    0x02: "INTEGER",
    0x03: "BIT STRING",
    0x04: "OCTET STRING",
    0x05: "NULL",
    0x06: "OID",
    0x0C: "UTF8String",
    0x13: "PrintableString",
    0x16: "IA5String",
    0x17: "UTCTime",
    0x18: "GeneralizedTime",
    0x30: "SEQUENCE",
    0x31: "SET",
    0xA0: "[0]",
    0xA1: "[1]",
}
_TEXTS = {0x0C, 0x13, 0x16, 0x17, 0x18}

# What stands at a path of a CMS message, by the place of each element in the one above it.
_MESSAGE = {
    (): "ContentInfo · RFC 5652 §3",
    (1, 0): "SignedData · RFC 5652 §5.1",
    (1, 0, 0): "version · 1: certificates and signer by issuer and serial number",
    (1, 0, 1): "digestAlgorithms",
    (1, 0, 2): "encapContentInfo · detached in a PDF: no eContent · ISO 32000-2 §12.8.3.3",
    (1, 0, 3): "certificates: signer and chain, the root left out · EN 319 142-1 §6.3",
    (1, 0, 3, 0): "",
    (1, 0, 4): "signerInfos: exactly one · EN 319 142-1 §5.3",
    (1, 0, 4, 0): "SignerInfo · RFC 5652 §5.3",
    (1, 0, 4, 0, 0): "version · 1: named by issuer and serial number",
    (1, 0, 4, 0, 1): "sid: issuerAndSerialNumber · RFC 5652 §10.2.4",
    (1, 0, 4, 0, 2): "digestAlgorithm",
    (1, 0, 4, 0, 3): "signedAttrs: signed as SET OF (tag 31), kept here under [0] · RFC 5652 §5.4",
    (1, 0, 4, 0, 4): "signatureAlgorithm",
    (1, 0, 4, 0, 5): "signature: the raw value, PKCS#1 v1.5 · RFC 8017 §8.2",
    (1, 0, 4, 0, 6): "unsignedAttrs: the time stamp comes after the value · RFC 5652 §11",
    (1, 0, 4, 0, 6, 0, 1, 0): "TimeStampToken, a CMS message of its own · RFC 3161 §2.4.2",
}
_INFO = {
    (): "TSTInfo · RFC 3161 §2.4.2",
    (0,): "version",
    (1,): "policy of the authority",
    (2,): "messageImprint: the digest of the signature value above",
    (3,): "serialNumber",
    (4,): "genTime: when the value was there",
    (5,): "nonce: the answer belongs to our question",
}
_SEAL = {
    (): "SESeal · GB/T 38540-2020 §6",
    (0,): "eSealInfo: what the maker signed",
    (0, 0): "header: ID, version, vendor",
    (0, 1): "esID: the seal's number",
    (0, 2): "property: type, name, kind of list, signers, made at, valid from, valid until",
    (0, 2, 3): "certList: who may seal; answers membership",
    (0, 3): "picture: kind, bytes, width and height in mm; answers seal with the picture shown",
    (1,): "cert: the maker's certificate",
    (2,): "signAlgID (1.2.156.10197.1.501 where the maker has SM2, GM/T 0006)",
    (3,): "signedValue: the maker's signature over eSealInfo",
}


@dataclass(frozen=True)
class _Line:
    depth: int
    at: int
    length: int
    said: str
    note: str

    def __str__(self) -> str:
        text = f"{self.at:6} {self.length:5}  {'  ' * self.depth}{self.said}"
        return f"{text:<72} {self.note}".rstrip()


def message(made: Example) -> str:
    """The CMS message in /Contents as a tree, the time stamp's content after it."""
    envelope = _contents(made)
    skipped = {(1, 0, 3, 0): "Certificate · RFC 5280 §4.1", (1, 0, 4, 0, 6, 0, 1, 0): ""}
    token = _at(ber.only(envelope, 0x30), (1, 0, 4, 0, 6, 0, 1, 0))
    info = _at(token, (1, 0, 2, 1, 0)).content
    own = _tree(token.whole, {(): "TimeStampToken", **_TOKEN}, {(1, 0, 3): "certificates of the authority"})
    return "\n\n".join(
        (
            f"/Contents, {len(envelope)} bytes; offset and length of each element, both in bytes:",
            _fenced(_tree(envelope, _MESSAGE, skipped)),
            "The time-stamp token in the unsigned attributes:",
            _fenced(own),
            "What the authority signed, the token's eContent:",
            _fenced(_tree(info, _INFO, {})),
        )
    )


_TOKEN = {
    (1, 0, 0): "version · 3: the content is no plain data",
    (1, 0, 2): "encapContentInfo: the TSTInfo, inside",
    (1, 0, 4, 0, 3): "signedAttrs of the authority: ESSCertIDv2 names its certificate · RFC 5816 §2.2.1",
    (1, 0, 4, 0, 5): "signature of the authority",
}


def seal(made: Example) -> str:
    """The electronic seal of /YQSeals as a tree."""
    found = re.search(rb"/Seal<([0-9a-f]+)>", made.tail)
    assert found is not None
    encoded = bytes.fromhex(found[1].decode("ascii"))
    skipped = {(0, 3, 1): "the picture", (1,): _SEAL[(1,)], (0, 2, 3, 0): "a signer's certificate"}
    return f"/Seal, {len(encoded)} bytes:\n\n{_fenced(_tree(encoded, _SEAL, skipped))}"


def _contents(made: Example) -> bytes:
    found = re.search(rb"/Contents<([0-9a-f]+)>", made.tail)
    assert found is not None
    padded = bytes.fromhex(found[1].decode("ascii"))
    top, _ = ber.element(padded)
    return top.whole


def _at(top: ber.Element, path: tuple[int, ...]) -> ber.Element:
    for place in path:
        top = top.children()[place]
    return top


def _fenced(lines: Iterator[_Line]) -> str:
    return "```\n" + "\n".join(str(line) for line in lines) + "\n```"


def _tree(
    encoded: bytes, notes: dict[tuple[int, ...], str], skipped: dict[tuple[int, ...], str]
) -> Iterator[_Line]:
    """Every element with its offset; those in `skipped` in one line, without what is inside."""
    top, _ = ber.element(encoded)

    def walk(found: ber.Element, path: tuple[int, ...], at: int) -> Iterator[_Line]:
        said, note = _said(found)
        note = skipped.get(path) or notes.get(path) or note
        is_whole = found.tag & 0x20 and path not in skipped
        yield _Line(len(path), at, len(found.whole), said if not found.tag & 0x20 else _name(found), note)
        if is_whole:
            inside = at + len(found.whole) - len(found.content)
            for place, child in enumerate(found.children()):
                yield from walk(child, (*path, place), inside)
                inside += len(child.whole)

    yield from walk(top, (), 0)


def _name(found: ber.Element) -> str:
    return _TAGS.get(found.tag, f"tag {found.tag:02x}")


def _said(found: ber.Element) -> tuple[str, str]:
    """An element's kind and value, and the clause that its identifier stands for."""
    kind = _name(found)
    if found.tag == 0x06:
        dotted = ber.dotted(found)
        name, clause = _OIDS.get(dotted, ("", ""))
        return f"{kind} {dotted} {name}".rstrip(), clause
    if found.tag in _TEXTS:
        return f"{kind} {found.content.decode('utf-8')}", ""
    shown = found.content[:_OCTETS_SHOWN].hex() + ("..." if len(found.content) > _OCTETS_SHOWN else "")
    return f"{kind} {shown}".rstrip(), ""
