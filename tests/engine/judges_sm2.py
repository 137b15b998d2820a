"""pyHanko as the judge of SM2 signatures: its three hooks filled, and every SM2 value checked by openssl's program.

pyHanko knows no SM2, but asks for it at three places: the check of a value, the policy of algorithms, and the names
of object identifiers. None of our own code is used here. The names go into asn1crypto for the whole process, so this
runs as a process of its own: `python -m tests.engine.judges_sm2 <folder>`.
"""

import io
import json
import subprocess
import sys
import tempfile
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path

from asn1crypto import algos, keys, x509
from cryptography.exceptions import InvalidSignature
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.validation import validate_pdf_signature
from pyhanko.sign.validation.utils import CMSAlgorithmUsagePolicy
from pyhanko_certvalidator import ValidationContext
from pyhanko_certvalidator.policy_decl import AlgorithmUsageConstraint, DisallowWeakAlgorithmsPolicy
from pyhanko_certvalidator.sig_validate import (
    DEFAULT_SIGNATURE_VALIDATOR,
    DEFAULT_VALIDATION_CONTEXT,
    SignatureValidator,
)

SM3, SM2_WITH_SM3, CURVE = "1.2.156.10197.1.401", "1.2.156.10197.1.501", "1.2.156.10197.1.301"
_SECONDS = 120


@dataclass(frozen=True)
class Answer:
    """pyHanko's answer about one field: the whole verdict, its parts, and the time stamp's where there is one."""

    field: str
    is_good: bool
    is_intact: bool
    is_trusted: bool
    later: str
    is_stamp_good: bool | None


def answers(
    document: bytes, *, roots: list[bytes], crls: list[bytes], at: datetime, mode: str = "require"
) -> list[Answer]:
    """Every signature by pyHanko's default policy on later changes, and with revocation demanded."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "document.pdf").write_bytes(document)
        for number, root in enumerate(roots):
            (folder / f"{number}.cer").write_bytes(root)
        for number, crl in enumerate(crls):
            (folder / f"{number}.crl").write_bytes(crl)
        (folder / "asked.json").write_text(json.dumps({"at": at.isoformat(), "mode": mode}))
        command = [sys.executable, "-m", "tests.engine.judges_sm2", name]
        ran = subprocess.run(command, capture_output=True, text=True, timeout=_SECONDS, check=False)
    assert ran.returncode == 0, ran.stderr
    return [Answer(**one) for one in json.loads(ran.stdout)]


def openssl_says_right(spki: bytes, message: bytes, value: bytes) -> bool:
    """Whether openssl's program finds a DER value right over a message, with the usual identity in Z."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for called, content in (("key", spki), ("message", message), ("value", value)):
            (folder / called).write_bytes(content)
        command = [
            "openssl",
            "pkeyutl",
            "-verify",
            "-pubin",
            "-keyform",
            "DER",
            "-inkey",
            str(folder / "key"),
        ]
        command += ["-rawin", "-digest", "sm3", "-pkeyopt", "distid:1234567812345678"]
        command += ["-in", str(folder / "message"), "-sigfile", str(folder / "value")]
        ran = subprocess.run(command, capture_output=True, timeout=_SECONDS, check=False)
    return ran.returncode == 0 and b"Verified Successfully" in ran.stdout


class Validator(SignatureValidator):
    """The first hook: SM2 values go to openssl, all others to pyHanko's own."""

    def validate_signature(
        self, signature, signed_data, public_key_info, signature_algorithm, context=DEFAULT_VALIDATION_CONTEXT
    ):
        if signature_algorithm["algorithm"].dotted != SM2_WITH_SM3:
            DEFAULT_SIGNATURE_VALIDATOR.validate_signature(
                signature, signed_data, public_key_info, signature_algorithm, context
            )
        elif context.prehashed or not openssl_says_right(
            public_key_info.dump(), bytes(signed_data), signature
        ):
            raise InvalidSignature


class Policy(CMSAlgorithmUsagePolicy):
    """The second hook: SM2 goes with SM3 and with nothing else; the rest as pyHanko has it."""

    def __init__(self) -> None:
        self._usual = DisallowWeakAlgorithmsPolicy()

    def digest_algorithm_allowed(self, algo, moment):
        return self._usual.digest_algorithm_allowed(algo, moment)

    def signature_algorithm_allowed(self, algo, moment, public_key):
        if algo["algorithm"].dotted == SM2_WITH_SM3:
            return AlgorithmUsageConstraint(allowed=True)
        return self._usual.signature_algorithm_allowed(algo, moment, public_key)

    def digest_combination_allowed(self, signature_algo, message_digest_algo, moment):
        if signature_algo["algorithm"].dotted == SM2_WITH_SM3:
            return AlgorithmUsageConstraint(allowed=message_digest_algo["algorithm"].dotted == SM3)
        return super().digest_combination_allowed(signature_algo, message_digest_algo, moment)


def _teach_names() -> None:
    """The third hook: asn1crypto's names, as pyHanko itself adds them for newer algorithms."""
    named = (
        (algos.DigestAlgorithmId, SM3, "sm3"),
        (algos.SignedDigestAlgorithmId, SM2_WITH_SM3, "sm2_sm3"),
    )
    for kind, dotted, name in named:
        kind._map[dotted] = name
        kind._reverse_map = None
    keys.NamedCurve.register("sm2p256v1", CURVE, 32)


def _judged(folder: Path) -> list[Answer]:
    asked = json.loads((folder / "asked.json").read_text())

    def context() -> ValidationContext:
        return ValidationContext(
            trust_roots=[x509.Certificate.load(one.read_bytes()) for one in sorted(folder.glob("*.cer"))],
            crls=[one.read_bytes() for one in sorted(folder.glob("*.crl"))],
            revocation_mode=asked["mode"],
            moment=datetime.fromisoformat(asked["at"]),
            signature_validator=Validator(),
            algorithm_usage_policy=Policy(),
        )

    found = []
    document = io.BytesIO((folder / "document.pdf").read_bytes())
    for signature in PdfFileReader(document).embedded_signatures:
        status = validate_pdf_signature(signature, context(), ts_validation_context=context())
        level, stamp = status.modification_level, status.timestamp_validity
        found.append(
            Answer(
                field=signature.field_name,
                is_good=status.bottom_line,
                is_intact=status.intact and status.valid,
                is_trusted=status.trusted,
                later=level.name if level else "",
                is_stamp_good=None if stamp is None else stamp.intact and stamp.valid and stamp.trusted,
            )
        )
    return found


if __name__ == "__main__":
    _teach_names()
    print(json.dumps([asdict(one) for one in _judged(Path(sys.argv[1]))]))
