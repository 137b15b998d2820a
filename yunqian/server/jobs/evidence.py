"""After every signature the envelope's ledger is computed again, from the database, by another process."""

import logging
from uuid import UUID

from procrastinate.contrib.django import app

from yunqian.server.actions.later import EVIDENCE_CHECK
from yunqian.server.queries import evidence

_log = logging.getLogger(__name__)


@app.task(name=EVIDENCE_CHECK)
def check(*, tenant_id: str, envelope_id: str) -> None:
    """Raise an alarm in the log for a broken chain. Harmless when repeated: it only reads."""
    for found in evidence.breaks(tenant_id=UUID(tenant_id), envelope_id=UUID(envelope_id)):
        _log.critical(
            "evidence of envelope %s is broken at event %d: %s", envelope_id, found.sequence, found.fault
        )
