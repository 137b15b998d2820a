"""Marks + certificate → Prepared: the next revision with an empty gap, pinned byte by byte.

Each page's marks that lie together share one widget, which is a signature field of its own; all fields of one
act share one /V, so they are one signature (house rule 12). Nothing else on the page is touched.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

import pikepdf

from yunqian.crypto import attributes, digests, suites
from yunqian.crypto.certificates import Certificate
from yunqian.engine import (
    allotting,
    empty_fields,
    field_locks,
    fields,
    pages,
    paging,
    permissions,
    sealing,
    seed_values,
    shaken_fields,
    signature_dictionary,
    widgets,
)
from yunqian.engine.allotting import Allotment
from yunqian.engine.append import Update, reference, reference_to, with_entries
from yunqian.engine.field_locks import Level, Lock
from yunqian.engine.marks import Mark
from yunqian.engine.permissions import Permissions
from yunqian.engine.prepared import Prepared
from yunqian.engine.resources import Resources
from yunqian.engine.strips import Strip
from yunqian.engine.widgets import Widget
from yunqian.problems import Problem, Refused

__all__ = ["Prepared", "prepare"]

_RESERVED_BYTES = 8192  # CMS with chain and time-stamp token; more certificates reserve more
_ROOM_BESIDE_CHAIN_BYTES = 6144


def prepare(
    document: bytes,
    marks: Sequence[Mark],
    *,
    certificate: Certificate,
    chain: Sequence[Certificate],
    field: str,
    at: datetime,
    into: str | None = None,
    certify: Level | None = None,
    lock: Lock | None = None,
    content_type: str = attributes.DATA,
) -> Prepared:
    """Append a signature with its marks and an empty gap to `document`, and say what is to be signed.

    `field` becomes the field's name, with a number behind it where the name is taken; `at` is the claimed
    time (/M, PAdES: no signing-time attribute). `chain` only sizes the gap here; the same goes to `embed`.
    `into` names an empty field to sign in. `certify` is for the first signature, `lock` for the last one; with
    one of these three there need be no mark. What earlier signatures forbid is refused (ISO 32000-2 §12.8.2).
    `content_type` may be `attributes.GM_DATA` for SM2: then the message is written with the identifiers of GB/T
    35275, which is not PAdES; ValueError for any other suite.
    Raises Refused(PLACEMENTS_EMPTY, PAGE_NOT_FOUND, MARK_OUTSIDE_PAGE, MARK_SIZE_WRONG, GLYPH_MISSING,
    ALGORITHM_UNSUPPORTED, DOCUMENT_ENCRYPTED, DOCUMENT_BROKEN, DOCUMENT_LOCKED, DOCUMENT_ALREADY_SIGNED,
    FIELD_DEMANDS_MORE), and what `allotting.allot` and, for electronic seals, `sealing.require` refuse.
    """
    suite = suites.suite_of(certificate)
    if not marks and into is None and certify is None and lock is None:
        raise Refused(Problem.PLACEMENTS_EMPTY)
    update = Update(document)
    shown = pages.walk(update.pdf)
    permitted = permissions.of(update.pdf, shown)
    if certify is not None:
        permitted.require_certifying()
    places = allotting.allot(permitted, widgets.gathered(shown, marks), into=into)
    shaken_fields.require_none(update.pdf, document)
    _meet_demands(update, places, suite=suite, signers=(certificate, *chain), certify=certify)
    transforms = field_locks.transforms(
        places.lock(lock),
        certify,
        held=permitted.level,
        catalog=reference_to(update.pdf.Root),
        digest=suite.digest,
    )
    contents = _gap_for(chain)
    resources = Resources(update)
    more = sealing.entries(marks, resources, certificate, at=at) + signature_dictionary.references(transforms)
    is_pades = content_type == attributes.DATA
    described = signature_dictionary.build(certificate, at, contents, more=more, is_pades=is_pades)
    signature = update.add(described)
    act = _Act(update, shown, permitted, resources, signature)
    act.show(places, marks, field=field, lock=lock)
    if certify is not None:
        _name_certification(update, signature)
    tail = update.tail()
    tail, start, end = signature_dictionary.with_byte_range(
        tail, update.place_in_tail(signature), contents, base=len(document)
    )
    pinned = _pinned(document, tail, start, end, suite=suite)
    signed = attributes.build(pinned.digest, certificate, suite, content_type=content_type)
    return replace(pinned, signed_attributes=signed)


def _meet_demands(
    update: Update,
    places: Allotment,
    *,
    suite: suites.Suite,
    signers: Sequence[Certificate],
    certify: Level | None,
) -> None:
    """Refuse where an empty field that is to be filled demands what this signature is not."""
    for one in places.filled:
        terms = update.pdf.get_object(one.field.number)
        seed_values.require(terms, one.field.name, suite=suite, signers=signers, certify=certify)


def _gap_for(chain: Sequence[Certificate]) -> bytes:
    room = _ROOM_BESIDE_CHAIN_BYTES + sum(len(link.der) for link in chain)
    return signature_dictionary.gap(max(_RESERVED_BYTES, room))


@dataclass(frozen=True, slots=True)
class _Act:
    """One signature on its way into a document, and what its appearances need."""

    update: Update
    shown: Sequence[pikepdf.Object]
    permitted: Permissions
    resources: Resources
    signature: int

    def show(self, places: Allotment, marks: Sequence[Mark], *, field: str, lock: Lock | None) -> None:
        """Put every mark where it goes: slots first, then fields of their own, then fields that are there.

        Raises Refused(DOCUMENT_TAKES_NO_FIELD) for a paging seal without a slot in a certified document.
        """
        is_locked = self.permitted.is_locked
        strips = paging.fill(self.update, self.shown, marks, resources=self.resources, is_locked=is_locked)
        if strips and not self.permitted.may_add_visible_fields:
            raise Refused(Problem.DOCUMENT_TAKES_NO_FIELD)
        fresh: list[Widget | Strip] = [*places.fresh, *strips]
        if fresh or not places.filled:
            fields.add(
                self.update,
                self.shown,
                fresh or [widgets.unseen(self.shown)],
                signature=self.signature,
                field=field,
                resources=self.resources,
                is_locked=is_locked,
                lock=lock,
            )
        for one in places.filled:
            drawn = fields.drawing(self.update, one.widget, self.resources) if one.widget else None
            empty_fields.fill(self.update, one.field, signature=self.signature, drawn=drawn)


def _name_certification(update: Update, signature: int) -> None:
    """/Perms of the catalog names the certifying signature (§12.8.4); what else stands there stays."""
    root, entry = update.pdf.Root, {"/DocMDP": reference(signature)}
    held = root.get("/Perms")
    if isinstance(held, pikepdf.Dictionary):
        update.change(root, {"/Perms": with_entries(held, entry)})
    else:
        update.change(root, {"/Perms": b"<</DocMDP %s>>" % entry["/DocMDP"]})


def _pinned(document: bytes, tail: bytes, start: int, end: int, *, suite: suites.Suite) -> Prepared:
    """Digest everything but the gap between `start` and `end` of the tail; without signed attributes yet."""
    base = len(document)
    base_digest = hashlib.sha256(document)
    signed = base_digest.copy() if suite.digest == "sha256" else digests.new(suite.digest, document)
    signed.update(memoryview(tail)[:start])
    signed.update(memoryview(tail)[end:])
    return Prepared(
        base_size=base,
        base_sha256=base_digest.hexdigest(),
        tail=tail,
        tail_sha256=hashlib.sha256(tail).hexdigest(),
        gap_start=base + start,
        gap_end=base + end,
        digest=signed.digest(),
        signed_attributes=b"",
        suite=suite,
        base=document,
    )
