"""验签: the engine's report of a document, against the roots that this platform trusts."""

from dataclasses import asdict, replace
from datetime import datetime
from functools import lru_cache
from pathlib import Path

from yunqian.engine import report as engine_report
from yunqian.engine import verify as engine_verify
from yunqian.server import settings
from yunqian.server.access.actor import Asking
from yunqian.server.adapters.turns import Turns
from yunqian.server.adapters.verifier import sandbox
from yunqian.server.queries import document
from yunqian.wire.panel import Report

STRANGERS = Turns(wait_seconds=15)


def of_envelope(asking: Asking, *, envelope_id: str, document_id: str | None = None, at: datetime) -> Report:
    """The report of a document as it now stands, for its initiator and its recipients; None is the first."""
    newest = document.view(asking, envelope_id=envelope_id, document_id=document_id)
    return of_bytes(newest.document, at=at)


def of_anybody(content: bytes, *, at: datetime) -> Report:
    """The report of a document for anybody who has it, logged in or not, made in a process of its own; it is not kept.

    One at a time in each server process, so that strangers leave room for the documents of members. Raises
    Refused(INTAKE_TIMEOUT) for a document that costs too much to judge, and Refused(PLATFORM_BUSY).
    """
    with STRANGERS.taken():
        judged = sandbox.judge(content, trust=settings.current().trust_folder, at=at)
    return Report.model_validate_json(judged)


def of_bytes(content: bytes, *, at: datetime) -> Report:
    """The report of a document that intake has passed; whatever is wrong with it is a finding, not a refusal."""
    return as_report(engine_verify.verify(content, trust=trust(), at=at))


def trust() -> engine_report.Trust:
    """The trust folder (see docs/trust.md), read again when anything in it has changed."""
    folder = settings.current().trust_folder
    stamps = tuple(
        sorted((str(path), path.stat().st_mtime_ns) for path in folder.rglob("*") if path.is_file())
    )
    return _trust(folder, stamps)


@lru_cache(maxsize=4)
def _trust(folder: Path, stamps: tuple[tuple[str, int], ...]) -> engine_report.Trust:
    """What cannot be used in the folder is the operator's business (`yunqian doctor`), and in no report."""
    if not folder.is_dir():
        return engine_report.Trust(())
    return replace(engine_verify.load_trust(folder), remarks=())


def as_report(judged: engine_report.Report) -> Report:
    """The engine's report in the words of the API, which are the same words."""
    return Report.model_validate(asdict(judged))
