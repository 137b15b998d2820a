"""Since when a signature is proven: its own stamp, archive stamps over it, and what becomes of their authorities."""

from datetime import datetime, timedelta

import pytest
from cryptography import x509
from cryptography.x509.oid import ExtendedKeyUsageOID

from tests.engine import archives
from tests.engine.papers import SEAL, WORLD, act, paper, seal
from tests.engine.test_timestamp import stamped
from tests.pki import stamps
from tests.pki.hierarchy import NOW, YEAR, Holder, issue, revocation_list, rsa_key
from yunqian.engine import longterm, timestamp
from yunqian.engine.marks import SealMark
from yunqian.engine.report import Report, SignatureReport, Trust, Verdict
from yunqian.engine.verify import verify

V, I, U = Verdict.VALID, Verdict.INVALID, Verdict.INDETERMINATE  # noqa: E741
DAY = timedelta(days=1)
STAMPING = ExtendedKeyUsageOID.TIME_STAMPING
SECOND = issue(rsa_key("second"), "第二时间戳机构", by=WORLD.root, extended=STAMPING)
BAD, HARMLESS = x509.ReasonFlags.key_compromise, x509.ReasonFlags.superseded


def trust(*revoked: Holder, at: datetime = NOW, reason: x509.ReasonFlags | None = BAD) -> Trust:
    """The usual roots; `revoked` are those of the issuing authority who were revoked as of `at`."""
    lists = (
        revocation_list(WORLD.issuing, [one.certificate for one in revoked], at=at, reason=reason),
        revocation_list(WORLD.issuing),
        revocation_list(WORLD.root),
    )
    return Trust((WORLD.root.certificate,), lists)


def archived(document: bytes, by: Holder = WORLD.stamper, at: datetime = NOW + DAY) -> bytes:
    return document + longterm.add_document_time_stamp(
        document, lambda imprint: stamps.token(by, imprint, at=at)
    )


def judged(document: bytes, trusted: Trust | None = None, at: datetime = NOW + 2 * YEAR) -> Report:
    return verify(document, trust=trusted or trust(), at=at)


def first(*arguments, **named) -> SignatureReport:
    return judged(*arguments, **named).signatures[0]


def test_an_archive_stamp_proves_a_signature_that_has_no_stamp_of_its_own():
    bare = act(paper())
    assert first(bare).verdict is U
    one, stamp = judged(archived(bare)).signatures
    assert (one.verdict, one.stamped_at, one.proven_at) == (V, None, NOW + DAY)
    assert (stamp.verdict, stamp.is_timestamp, stamp.stamped_at) == (V, True, NOW + DAY)
    assert [each.changes for each in one.later] != []


def test_the_earliest_trusted_time_counts():
    document = archived(archived(stamped()), SECOND, NOW + 2 * DAY)
    one, early, late = judged(document).signatures
    assert (one.proven_at, early.proven_at, late.proven_at) == (NOW, NOW + DAY, NOW + 2 * DAY)


def test_an_archive_of_somebody_unknown_proves_nothing():
    stranger = issue(rsa_key("stranger"), "没有人信任的时间戳", extended=STAMPING)
    one, stamp = judged(archived(act(paper()), stranger)).signatures
    assert (one.verdict, one.proven_at, stamp.verdict) == (U, None, U)


def test_a_stamp_covers_nothing_that_came_after_it():
    later = act(archived(act(paper())), WORLD.company, [SealMark(2, SEAL.box, seal())])
    verdicts = {one.signer: one.verdict for one in judged(later).signatures}
    assert verdicts == {"李明": V, "测试时间戳机构": V, "广东示例科技有限公司": U}


def test_a_signer_revoked_after_the_archive_stamp_is_still_good():
    document = archived(act(paper()))
    assert first(document, trust(WORLD.person, at=NOW + 2 * DAY)).verdict is V
    assert first(document, trust(WORLD.person, at=NOW)).verdict is I


@pytest.mark.parametrize(
    ("reason", "verdict"), [(HARMLESS, V), (BAD, I), (None, I)], ids=["superseded", "betrayed", "no reason"]
)
def test_a_stamper_revoked_later_spoils_its_stamps_unless_the_reason_is_harmless(reason, verdict: Verdict):
    revoking = trust(WORLD.stamper, at=NOW + 5 * DAY, reason=reason)
    assert first(stamped(), revoking).verdict is verdict


def test_an_archive_stamp_by_another_saves_the_stamps_of_a_stamper_revoked_after_it():
    revoking = trust(WORLD.stamper, at=NOW + 5 * DAY)
    assert first(archived(stamped(), SECOND, NOW + DAY), revoking).verdict is V
    assert first(archived(stamped(), SECOND, NOW + 6 * DAY), revoking).verdict is I


def test_of_the_stampers_chain_it_must_be_known_that_it_stood():
    unknown = Trust((WORLD.root.certificate,), (revocation_list(WORLD.root),))
    one = first(stamped(), unknown)
    assert (one.stamped_at, one.verdict) == (None, U)


def test_an_archive_made_by_pyhanko_stands_offline_after_everything_has_expired():
    document = archives.signed(crls=WORLD.crls, is_archived=True)
    bare = Trust((WORLD.root.certificate,))
    for at in (NOW, NOW + 3 * YEAR):
        report = verify(document, trust=bare, at=at)
        assert [one.verdict for one in report.signatures] == [V, V], report
    assert "此后已到期" in report.signatures[1].findings[-1].zh


def test_a_changed_archive_stamp_proves_nothing():
    document = archived(act(paper()))
    at = document.rindex(b"/Contents<") + 3000
    digit = b"0" if document[at : at + 1] != b"0" else b"1"
    report = judged(document[:at] + digit + document[at + 1 :])
    assert report.verdict is not V
    assert report.signatures[0].proven_at is None


def test_certificate_sets_in_any_order_are_read():
    """Some authorities put the certificates of a token in no order; DER wants a SET sorted, readers must not."""
    imprint = bytes(32)
    token = stamps.token(WORLD.stamper, imprint)
    one, other = (held.der for held in (WORLD.stamper.certificate, *WORLD.stamper.chain))
    as_made = one + other if one + other in token else other + one
    assert as_made in token
    for order in (one + other, other + one):
        stamp = timestamp.check(token.replace(as_made, order), imprint=imprint)
        assert stamp.authority == WORLD.stamper.certificate
