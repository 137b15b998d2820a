"""The certificate authority: who says which key belongs to whom, and whether that still holds."""

import functools

from yunqian.server import settings
from yunqian.server.adapters.ca import embedded
from yunqian.server.adapters.ca.port import CertificateAuthority

__all__ = ["CertificateAuthority", "current"]


@functools.cache
def current() -> CertificateAuthority:
    """The configured authority of this process.

    Raises Refused(CONFIG_INSECURE) in production, for which only the demonstration's own authority exists as
    yet, and Refused(CA_UNAVAILABLE) where `yunqian demo` has not made it.
    """
    return embedded.load(settings.current())
