"""A refusal as the problem+json that browsers get (RFC 9457)."""

from yunqian.problems import Refused
from yunqian.wire.base import ProblemReport


def of(refusal: Refused) -> ProblemReport:
    """The report of one refusal, with both texts."""
    row = refusal.problem.row
    facts = {
        name: value if isinstance(value, str | int | float | bool | None) else str(value)
        for name, value in refusal.facts.items()
    }
    return ProblemReport(
        type=f"urn:yunqian:problem:{refusal.problem.code}",
        title=refusal.text("en"),
        status=row.status,
        code=refusal.problem.code,
        facts=facts,
        zh=refusal.text("zh"),
        en=refusal.text("en"),
        fault=row.fault.value,
        is_retriable=row.is_retriable,
    )
