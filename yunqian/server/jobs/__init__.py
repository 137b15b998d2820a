"""Work beside the requests: jobs that were deferred in the transaction of the write they follow."""

from yunqian.server.jobs import evidence, login

__all__ = ["evidence", "login"]
