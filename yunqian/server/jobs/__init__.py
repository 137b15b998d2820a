"""Work beside the requests: jobs that were deferred in the transaction of the write they follow."""

from yunqian.server.jobs import authority, certificates, evidence, housekeeping, login, notices, rescue

__all__ = ["authority", "certificates", "evidence", "housekeeping", "login", "notices", "rescue"]
