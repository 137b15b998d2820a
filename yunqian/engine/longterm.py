"""Keeping signatures provable for decades: validation material in the document, and time stamps over all of it.

PAdES B-LT adds certificates, revocation lists and OCSP answers as a document security store (ISO 32000-2
§12.8.4.3, ETSI EN 319 142-1 §5.4); B-LTA puts a document time stamp over it (§12.8.5), and another one with
fresh material before the last one ages. Each is one appended update; what was signed stays byte for byte.
Nothing is fetched here: material is handed in, and the stamp comes from a callable, or in two phases.
"""

import hashlib
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field

import pikepdf
from asn1crypto import ocsp

from yunqian.crypto import digests, revocation
from yunqian.crypto.certificates import Certificate
from yunqian.engine import empty_fields, fields, pages, signature_dictionary, timestamp, widgets
from yunqian.engine.append import Update, deflated, reference, reference_to, with_entries
from yunqian.engine.resources import Resources
from yunqian.problems import Problem, Refused

RESERVED_BYTES = 16_384  # a token with the chain of its authority
_FIELD = "yunqian-timestamp"
_KINDS = ("Certs", "CRLs", "OCSPs")
_IN_VRI = {"Certs": b"Cert", "CRLs": b"CRL", "OCSPs": b"OCSP"}
_EXTENSION = b"<</ESIC<</BaseVersion/1.7/ExtensionLevel 1>>>>"  # ETSI EN 319 142-1 §5.6


def add_validation_material(
    document: bytes,
    *,
    certificates: Sequence[Certificate] = (),
    crls: Sequence[bytes] = (),
    ocsps: Sequence[bytes] = (),
) -> bytes:
    """The bytes to put behind `document` so that its signatures can be checked without any network.

    Material is DER. What the document holds already is not stored twice; every signature and time stamp that
    has no entry of its own under /VRI yet gets one that names all that was handed in. Nothing new gives no
    bytes. Raises Refused(VALIDATION_MATERIAL_INVALID, DOCUMENT_ENCRYPTED, DOCUMENT_BROKEN).
    """
    _require_readable(crls, ocsps)
    update = Update(document)
    store = _Store(update)
    named = {
        "Certs": store.take("Certs", [one.der for one in certificates]),
        "CRLs": store.take("CRLs", crls),
        "OCSPs": store.take("OCSPs", ocsps),
    }
    return update.tail() if store.write(named) else b""


@dataclass(frozen=True, slots=True)
class PreparedStamp:
    """A revision that lacks only its time-stamp token.

    The revision is the base (`base_size` bytes) followed by `tail`; the gap's offsets count in the whole
    revision, angle brackets included. `imprint` is what the authority is asked to stamp.
    """

    base_size: int
    tail: bytes = field(repr=False)
    gap_start: int
    gap_end: int
    digest: str
    imprint: bytes

    @property
    def reserved_bytes(self) -> int:
        """How many bytes of token fit into the gap."""
        return (self.gap_end - self.gap_start - 2) // 2


def add_document_time_stamp(
    document: bytes, stamp_for: Callable[[bytes], bytes], *, digest: str = "sha256"
) -> bytes:
    """The bytes to put behind `document`: a time stamp over all of it (PAdES B-LTA).

    `stamp_for` gets the imprint and gives a TimeStampToken in DER, from wherever it likes; what it gives is
    believed in nothing. Raises what it raises, what `embed_stamp` raises, and Refused(DOCUMENT_BROKEN).
    """
    prepared = prepare_stamp(document, digest=digest)
    return embed_stamp(document, prepared, stamp_for(prepared.imprint))


def prepare_stamp(document: bytes, *, digest: str = "sha256") -> PreparedStamp:
    """The revision with an empty gap and the imprint to be stamped; the field is one that nobody sees.

    Permitted whatever an earlier signature forbids: time stamps prove, they change nothing (§12.8.2.2.2).
    """
    update = Update(document)
    shown = pages.walk(update.pdf)
    contents = signature_dictionary.gap(RESERVED_BYTES)
    value = update.add(signature_dictionary.build_stamp(contents))
    unseen = [widgets.unseen(shown)]
    fields.add(update, shown, unseen, signature=value, field=_FIELD, resources=Resources(update))
    _tell_extension(update)
    base, tail = len(document), update.tail()
    tail, start, end = signature_dictionary.with_byte_range(
        tail, update.place_in_tail(value), contents, base=base
    )
    imprint = _imprint(document, tail, start, end, digest=digest)
    return PreparedStamp(base, tail, base + start, base + end, digest, imprint)


def embed_stamp(document: bytes, prepared: PreparedStamp, token: bytes) -> bytes:
    """The tail with the token in its gap; the token is judged first, and so are base and tail.

    Raises Refused(TIMESTAMP_INVALID), Refused(SIGNATURE_INVALID) for another document than the prepared one,
    or Refused(SIGNATURE_TOO_LARGE).
    """
    base = prepared.base_size
    start, end = prepared.gap_start - base, prepared.gap_end - base
    is_same = len(document) == base and prepared.imprint == _imprint(
        document, prepared.tail, start, end, digest=prepared.digest
    )
    if not is_same:
        raise Refused(Problem.SIGNATURE_INVALID)
    timestamp.check(token, imprint=prepared.imprint, digest=prepared.digest)
    if len(token) > prepared.reserved_bytes:
        raise Refused(
            Problem.SIGNATURE_TOO_LARGE, size_bytes=len(token), reserved_bytes=prepared.reserved_bytes
        )
    shown = token.hex().encode("ascii")
    return prepared.tail[: start + 1] + shown + prepared.tail[start + 1 + len(shown) :]


def _imprint(document: bytes, tail: bytes, start: int, end: int, *, digest: str) -> bytes:
    """The digest of everything but the gap."""
    running = digests.new(digest, document)
    running.update(memoryview(tail)[:start])
    running.update(memoryview(tail)[end:])
    return running.digest()


def _require_readable(crls: Iterable[bytes], ocsps: Iterable[bytes]) -> None:
    """What nobody can read helps nobody, and would be carried for ever."""
    if not all(one[:1] == b"\x30" and revocation.read(one) is not None for one in crls):
        raise Refused(Problem.VALIDATION_MATERIAL_INVALID, kind="CRL")
    if not all(_is_answer(one) for one in ocsps):
        raise Refused(Problem.VALIDATION_MATERIAL_INVALID, kind="OCSP")


def _is_answer(encoded: bytes) -> bool:
    """Whether bytes are an OCSP response that answers (RFC 6960 §4.2.1)."""
    try:
        response = ocsp.OCSPResponse.load(encoded, strict=True)
        return bool(response["response_status"].native == "successful" and response.response_data.native)
    except Exception:  # noqa: BLE001  a stranger's bytes: asn1crypto raises many kinds
        return False


def _tell_extension(update: Update) -> None:
    """Say that the document uses PAdES, where its version is older than that (ETSI EN 319 142-1 §5.6)."""
    root = update.pdf.Root
    if update.pdf.pdf_version < "2" and "/Extensions" not in root:
        update.change(root, {"/Extensions": _EXTENSION})


class _Store:
    """The document security store as it is and as it becomes."""

    def __init__(self, update: Update) -> None:
        self._update = update
        root = update.pdf.Root
        found = root.get("/DSS")
        self._found: pikepdf.Object | None = found if isinstance(found, pikepdf.Dictionary) else None
        self._held: dict[str, list[bytes]] = {}
        self._known: dict[bytes, bytes] = {}
        self._has_news = False
        for kind in _KINDS:
            listed = self._found.get(f"/{kind}") if self._found is not None else None
            streams = [one for one in listed or () if isinstance(one, pikepdf.Stream)]
            self._held[kind] = [reference_to(one) for one in streams]
            self._known |= {_print(one.read_bytes()): reference_to(one) for one in streams}

    def take(self, kind: str, material: Sequence[bytes]) -> list[bytes]:
        """References to the material, put in where it is not there yet."""
        named: dict[bytes, None] = {}
        for one in material:
            known = self._known.get(_print(one))
            if known is None:
                known = self._known[_print(one)] = reference(self._update.add(deflated(b"", one)))
                self._held[kind].append(known)
                self._has_news = True
            named[known] = None
        return list(named)

    def write(self, named: dict[str, list[bytes]]) -> bool:
        """Put the store into the update; False where it holds all of it already."""
        vri = self._signatures(named)
        if not self._has_news and not vri:
            return False
        entries = {f"/{kind}": b"[%s]" % b" ".join(held) for kind, held in self._held.items() if held}
        entries["/VRI"] = self._vri(vri)
        root = self._update.pdf.Root
        _tell_extension(self._update)
        if self._found is not None and self._found.is_indirect:
            self._update.change(self._found, entries)
        elif self._found is not None:
            self._update.change(root, {"/DSS": with_entries(self._found, entries)})
        else:
            written = b"".join(key.encode("ascii") + value for key, value in entries.items())
            fresh = self._update.add(b"<</Type/DSS%s>>" % written)
            self._update.change(root, {"/DSS": reference(fresh)})
        return True

    def _signatures(self, named: dict[str, list[bytes]]) -> dict[str, bytes]:
        """An entry for each signature that has none yet; entries that are there are never changed.

        The key is the SHA-1 of /Contents, padding included, in capitals (ISO 32000-2 table 261): a name only.
        """
        listed = b"".join(
            b"/%s[%s]" % (_IN_VRI[kind], b" ".join(parts)) for kind, parts in named.items() if parts
        )
        known = self._found.get("/VRI") if self._found is not None else None
        there = set(known.keys()) if isinstance(known, pikepdf.Dictionary) else set()
        keys = {
            "/" + hashlib.sha1(bytes(one.value.Contents), usedforsecurity=False).hexdigest().upper()
            for one in empty_fields.signature_fields(self._update.pdf)
            if one.value is not None and isinstance(one.value.get("/Contents"), pikepdf.String)
        }
        return dict.fromkeys(sorted(keys - there), b"<<%s>>" % listed) if listed else {}

    def _vri(self, added: dict[str, bytes]) -> bytes:
        known = self._found.get("/VRI") if self._found is not None else None
        if not isinstance(known, pikepdf.Dictionary):
            return b"<<%s>>" % b"".join(key.encode("ascii") + value for key, value in added.items())
        if known.is_indirect:
            if added:
                self._update.change(known, added)
            return reference_to(known)
        return with_entries(known, added)


def _print(content: bytes) -> bytes:
    return hashlib.sha256(content).digest()
