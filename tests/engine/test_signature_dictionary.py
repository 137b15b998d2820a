"""The signature dictionary byte by byte: what a reader finds, and that a planted look-alike is passed over."""

import pikepdf
import pytest

from tests.engine.papers import WORLD
from tests.pki.hierarchy import NOW
from yunqian.engine import signature_dictionary
from yunqian.engine.field_locks import Level, Lock, Scope, transforms

CONTENTS = signature_dictionary.gap(4)
CATALOG = b"1 0 R"


def test_a_signature_is_pades_with_its_claimed_time_and_the_gap_last():
    built = signature_dictionary.build(WORLD.person.certificate, NOW, CONTENTS, more=b"/Reason(x)")
    assert built.endswith(signature_dictionary.BYTE_RANGE_PLACE + b"/Contents<00000000>>>")
    read = pikepdf.Object.parse(built)
    assert (read.Type, read.Filter, read.SubFilter) == ("/Sig", "/Adobe.PPKLite", "/ETSI.CAdES.detached")
    assert (str(read.Name), str(read.Reason)) == ("李明", "x")
    assert str(read.M).startswith(f"D:{NOW:%Y%m%d%H%M%S}")


def test_a_document_time_stamp_claims_no_time_of_its_own():
    read = pikepdf.Object.parse(signature_dictionary.build_stamp(CONTENTS))
    assert (read.Type, read.SubFilter) == ("/DocTimeStamp", "/ETSI.RFC3161")
    assert set(read.keys()) == {"/Type", "/Filter", "/SubFilter", "/ByteRange", "/Contents"}


@pytest.mark.parametrize("level", Level)
def test_a_certification_names_its_level(level: Level):
    (part,) = transforms(None, level, held=None, catalog=CATALOG, digest="sha256")
    read = pikepdf.Object.parse(signature_dictionary.doc_mdp(level))
    assert part == signature_dictionary.doc_mdp(level)
    assert (read.TransformMethod, read.TransformParams.P, read.TransformParams.V) == (
        "/DocMDP",
        level,
        "/1.2",
    )


@pytest.mark.parametrize(
    ("digest", "method"), [("sha256", b"SHA256"), ("sha384", b"SHA384"), ("sm3", b"SHA256")]
)
def test_locked_fields_stand_with_the_catalog_and_a_digest_that_the_standard_knows(
    digest: str, method: bytes
):
    lock = Lock(Scope.EXCLUDE, ("甲方", "b"))
    (part,) = transforms(lock, None, held=None, catalog=CATALOG, digest=digest)
    assert part.endswith(b"/V/1.2>>/Data 1 0 R/DigestMethod/%s>>" % method)
    assert b"/Action/Exclude/Fields[<feff75326" in part


def test_a_lock_only_tightens_what_holds_already():
    lock = Lock(Scope.ALL, level=Level.ANNOTATIONS)
    first, second = transforms(lock, None, held=Level.SIGNING, catalog=CATALOG, digest="sha256")
    assert first == signature_dictionary.doc_mdp(Level.SIGNING)
    assert b"/Action/All" in second
    assert transforms(Lock(Scope.ALL), None, held=Level.SIGNING, catalog=CATALOG, digest="sha256") == [second]


def test_who_asks_nothing_has_no_reference():
    assert transforms(None, None, held=Level.SIGNING, catalog=CATALOG, digest="sha256") == []
    assert signature_dictionary.references([]) == b""
    assert signature_dictionary.references([b"<<>>", b"<<>>"]) == b"/Reference[<<>><<>>]"


def test_the_byte_range_leaves_out_exactly_the_gap_and_a_look_alike_before_it_stays():
    planted = b"(%s%s)" % (signature_dictionary.BYTE_RANGE_PLACE, CONTENTS)
    built = signature_dictionary.build_stamp(CONTENTS)
    tail, start, end = signature_dictionary.with_byte_range(
        planted + built + b"rest", len(planted), CONTENTS, base=1000
    )
    assert tail.startswith(planted)
    assert tail[start:end] == b"<00000000>"
    spans = list(pikepdf.Object.parse(tail[len(planted) : -4]).ByteRange)
    assert spans == [0, 1000 + start, 1000 + end, len(tail) - end]
    assert len(tail) == len(planted + built + b"rest")
