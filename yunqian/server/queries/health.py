"""Whether the database answers."""

from yunqian.server import scope
from yunqian.server.records.models import Tenant


def read() -> dict[str, str]:
    """`{"status": "ok"}`. Raises what the database raises, which the API answers as DATABASE_UNAVAILABLE."""
    with scope.platform():
        Tenant.objects.exists()
    return {"status": "ok"}
