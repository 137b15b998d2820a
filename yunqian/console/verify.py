"""`yunqian verify FILE`: judge every signature in a PDF. Nothing is fetched or sent (docs/verify.md).

Exit codes: 0 valid, 1 not valid, 2 usage, 3 cannot be confirmed. A file without signatures is 3: there is nothing
to confirm.
"""

import argparse
import json
import sys
from collections.abc import Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from yunqian.console import second_opinion, signed_pages, wording
from yunqian.engine import verify
from yunqian.engine.report import Report, Verdict

VALID, NOT_VALID, USAGE, NOT_CONFIRMED = 0, 1, 2, 3
_CODES = {Verdict.VALID: VALID, Verdict.INVALID: NOT_VALID}


def main(arguments: Sequence[str]) -> int:
    """Run the command; the exit code."""
    try:
        asked = _parser().parse_args(arguments)
    except SystemExit as end:
        return VALID if end.code == 0 else USAGE
    try:
        document = Path(asked.document).read_bytes()
        trust = verify.load_trust(Path(asked.trust)) if asked.trust else verify.Trust(())
        if asked.pictures:
            Path(asked.pictures).mkdir(parents=True, exist_ok=True)
    except OSError as error:
        sys.stderr.write(f"yunqian verify: {error.filename}: {error.strerror}\n")
        return USAGE
    at = asked.at or datetime.now(UTC)
    report = verify.verify(document, trust=trust, at=at)
    more: dict[str, Any] = {}
    if asked.second_opinion:
        more["second_opinion"] = asdict(second_opinion.ask(document, trust=trust, at=at))
    if asked.pictures:
        more["pictures"] = signed_pages.draw(Path(asked.document), report, Path(asked.pictures))
    _write(_as_json(report, more) if asked.json else wording.text(report, more, language=asked.lang))
    return _CODES.get(report.verdict, NOT_CONFIRMED)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="yunqian verify",
        description="Judge every signature in a PDF. Nothing is fetched or sent. "
        "Exit code: 0 valid, 1 not valid, 2 usage, 3 cannot be confirmed.",
    )
    parser.add_argument("document", metavar="FILE", help="the PDF")
    parser.add_argument("--json", action="store_true", help="the report as JSON (docs/verify.schema.json)")
    parser.add_argument(
        "--trust",
        metavar="DIR",
        help="folder with root certificates, revocation lists and OCSP responses (docs/trust.md)",
    )
    parser.add_argument("--at", metavar="TIME", type=_moment, help="judge as of this ISO 8601 time")
    parser.add_argument(
        "--second-opinion",
        action="store_true",
        help="show pyHanko's verdict beside ours, where it is installed",
    )
    parser.add_argument(
        "--pictures", metavar="DIR", help="write pictures of the pages as each signer signed them"
    )
    parser.add_argument("--lang", choices=("zh", "en", "both"), default="both", help="language of the text")
    return parser


def _moment(text: str) -> datetime:
    """An ISO 8601 time; without a zone it is UTC."""
    moment = datetime.fromisoformat(text)
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _as_json(report: Report, more: dict[str, Any]) -> str:
    def plain(value: object) -> str:
        return value.isoformat() if isinstance(value, datetime) else str(value)

    return json.dumps({**asdict(report), **more}, ensure_ascii=False, indent=2, default=plain) + "\n"


def _write(text: str) -> None:
    """To standard output as UTF-8, whatever the machine's locale says."""
    if hasattr(sys.stdout, "reconfigure"):
        sys.stdout.reconfigure(encoding="utf-8", errors="replace")
    sys.stdout.write(text)
