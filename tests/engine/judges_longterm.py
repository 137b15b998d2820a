"""pyHanko as the judge of PAdES B-LTA (ETSI EN 319 102-1 §5.6.3), offline, with nothing but what the document holds.

Runs as a process of its own (`python -m tests.engine.judges_longterm <folder>`), since SM2 needs names in asn1crypto
that would stay for the whole process.
"""

import asyncio
import io
import json
import subprocess
import sys
import tempfile
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from pathlib import Path

from asn1crypto import x509
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.validation import ades
from pyhanko.sign.validation.policy_decl import (
    PdfSignatureValidationSpec,
    RevinfoOnlineFetchingRule,
    RevocationInfoGatheringSpec,
    SignatureValidationSpec,
)
from pyhanko_certvalidator.context import CertValidationPolicySpec, ValidationTimingInfo
from pyhanko_certvalidator.policy_decl import (
    CertRevTrustPolicy,
    RevocationCheckingPolicy,
    RevocationCheckingRule,
)
from pyhanko_certvalidator.registry import SimpleTrustManager

from tests.engine import judges_sm2

_SECONDS = 120


@dataclass(frozen=True)
class Answer:
    """One signature's status by AdES rules, and the time of the oldest archive time stamp that proves it."""

    field: str
    status: str
    is_good: bool
    proven_at: str


def answers(document: bytes, *, roots: list[bytes], at: datetime) -> list[Answer]:
    """Every signature; revocation lists are demanded, the network is forbidden."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "document.pdf").write_bytes(document)
        (folder / "at").write_text(at.isoformat())
        for number, root in enumerate(roots):
            (folder / f"{number}.cer").write_bytes(root)
        command = [sys.executable, "-m", "tests.engine.judges_longterm", name]
        ran = subprocess.run(command, capture_output=True, text=True, timeout=_SECONDS, check=False)
    assert ran.returncode == 0, ran.stderr
    return [Answer(**one) for one in json.loads(ran.stdout)]


def _policy(folder: Path) -> PdfSignatureValidationSpec:
    roots = [x509.Certificate.load(one.read_bytes()) for one in sorted(folder.glob("*.cer"))]
    rule = RevocationCheckingRule.CRL_REQUIRED
    policy = CertValidationPolicySpec(
        trust_manager=SimpleTrustManager.build(trust_roots=roots),
        revinfo_policy=CertRevTrustPolicy(RevocationCheckingPolicy(rule, rule), retroactive_revinfo=True),
        time_tolerance=timedelta(seconds=10),
        algorithm_usage_policy=judges_sm2.Policy(),
        signature_validator=judges_sm2.Validator(),
    )
    offline = RevocationInfoGatheringSpec(online_fetching_rule=RevinfoOnlineFetchingRule.LOCAL_ONLY)
    return PdfSignatureValidationSpec(
        SignatureValidationSpec(
            policy, revinfo_gathering_policy=offline, signature_algorithm_policy=judges_sm2.Policy()
        )
    )


def _judged(folder: Path) -> list[Answer]:
    at = datetime.fromisoformat((folder / "at").read_text())
    timing = ValidationTimingInfo(validation_time=at, best_signature_time=at, point_in_time_validation=False)
    document = PdfFileReader(io.BytesIO((folder / "document.pdf").read_bytes()))
    found = []
    for signature in document.embedded_regular_signatures:
        judged = asyncio.run(ades.ades_lta_validation(signature, _policy(folder), timing_info=timing))
        proven = judged.oldest_evidence_record_timestamp
        is_good = bool(judged.api_status and judged.api_status.bottom_line)
        found.append(
            Answer(
                signature.field_name, str(judged.ades_subindic), is_good, proven.isoformat() if proven else ""
            )
        )
    return found


if __name__ == "__main__":
    judges_sm2._teach_names()
    print(json.dumps([asdict(one) for one in _judged(Path(sys.argv[1]))]))
