"""Work beside the requests: jobs that were deferred in the transaction of the write they follow."""

from yunqian.server.jobs import authority, evidence, housekeeping, login, rescue

__all__ = ["authority", "evidence", "housekeeping", "login", "rescue"]
