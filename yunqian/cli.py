"""`yunqian …`: the verifier is at hand without server or client; every other word is loaded when it is asked for."""

import argparse
import json
import sys
from collections.abc import Callable, Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from importlib import import_module
from pathlib import Path

from yunqian import __version__

_VALID, _NOT_VALID, _USAGE = 0, 1, 2
_ELSEWHERE = {
    "agent": "yunqian.agent.app",
    "database": "yunqian.server.console.database",
    "demo": "yunqian.server.console.demo",
    "doctor": "yunqian.server.console.doctor",
    "migrate": "yunqian.server.console.migrate",
    "openapi": "yunqian.server.console.openapi",
    "serve": "yunqian.server.console.serve",
    "worker": "yunqian.server.console.worker",
}
_OVERVIEW = """yunqian (云签) {version}

usage: yunqian verify FILE [--json] [--trust DIR] [--at TIME]
       yunqian {others} …
"""


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command; the exit code."""
    arguments = list(sys.argv[1:] if argv is None else argv)
    name = arguments[0] if arguments else ""
    if name == "verify":
        return _verify(arguments[1:])
    if name in _ELSEWHERE:
        run: Callable[[list[str]], int] = import_module(_ELSEWHERE[name]).main
        return run(arguments[1:])
    overview = _OVERVIEW.format(version=__version__, others="|".join(_ELSEWHERE))
    if name in {"-h", "--help", "--version"}:
        sys.stdout.write(overview)
        return _VALID
    sys.stderr.write(overview)
    return _USAGE


def _verify(arguments: Sequence[str]) -> int:
    """Judge one document: 0 valid, 1 not valid or not confirmed, 2 usage."""
    try:
        asked = _parser().parse_args(arguments)
    except SystemExit as end:
        return _VALID if end.code == 0 else _USAGE
    from yunqian.engine import verify

    try:
        document = Path(asked.document).read_bytes()
        trust = verify.load_trust(Path(asked.trust)) if asked.trust else verify.Trust(())
    except OSError as error:
        sys.stderr.write(f"yunqian verify: {error.filename}: {error.strerror}\n")
        return _USAGE
    at = asked.at or datetime.now(UTC)
    report = verify.verify(document, trust=trust, at=at)
    sys.stdout.write(_as_json(report) if asked.json else _as_text(report))
    return _VALID if report.verdict is verify.Verdict.VALID else _NOT_VALID


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="yunqian verify", description="Judge every signature in a PDF. Nothing is fetched or sent."
    )
    parser.add_argument("document", metavar="FILE", help="the PDF")
    parser.add_argument("--json", action="store_true", help="the report as JSON")
    parser.add_argument(
        "--trust", metavar="DIR", help="folder with root certificates (*.pem) and lists (*.crl)"
    )
    parser.add_argument("--at", metavar="TIME", type=_moment, help="judge as of this ISO 8601 time")
    return parser


def _moment(text: str) -> datetime:
    """An ISO 8601 time; without a zone it is UTC."""
    moment = datetime.fromisoformat(text)
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _as_json(report: object) -> str:
    def plain(value: object) -> str:
        return value.isoformat() if isinstance(value, datetime) else str(value)

    return json.dumps(asdict(report), ensure_ascii=False, indent=2, default=plain) + "\n"  # type: ignore[call-overload]


def _as_text(report: object) -> str:
    from yunqian.engine.report import Report

    assert isinstance(report, Report)
    lines = [f"{report.verdict.value.upper()}  sha256 {report.sha256}"]
    lines += [f"  {zh}  {en}" for zh, en in zip(report.notes_zh, report.notes_en, strict=True)]
    for number, one in enumerate(report.signatures, start=1):
        pages = ", ".join(map(str, one.pages)) or "-"
        lines.append(f"{number}. {one.verdict.value.upper()}  {one.signer or '?'}  ({one.issuer or '?'})")
        lines.append(f"   fields {', '.join(one.fields)}; pages {pages}; {one.algorithm or '?'}")
        lines.append(f"   claimed {one.claimed_at or '-'}; stamped {one.stamped_at or '-'}")
        lines += [
            f"   {found.check}: {found.verdict.value}  {found.zh}  {found.en}" for found in one.findings
        ]
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    raise SystemExit(main())
