"""The certificate authority: who says which key belongs to whom, and whether that still holds."""

import functools
import stat

from yunqian.crypto import certificates
from yunqian.crypto.certificates import Certificate
from yunqian.engine import verify
from yunqian.problems import Problem, Refused
from yunqian.server import settings
from yunqian.server.adapters.ca import embedded
from yunqian.server.adapters.ca.cmp import CmpAuthority, Credentials
from yunqian.server.adapters.ca.ocsp import StatusByOcsp
from yunqian.server.adapters.ca.port import CertificateAuthority
from yunqian.server.adapters.exchange import Exchange
from yunqian.server.settings import Config

__all__ = ["CertificateAuthority", "chosen", "current"]

_SHORTEST_SECRET = 16


@functools.cache
def current() -> CertificateAuthority:
    """The configured authority of this process; see `chosen`."""
    return chosen(settings.current())


def chosen(config: Config) -> CertificateAuthority:
    """The outside authority that YUNQIAN_CA_URL names, or else the demonstration's own.

    Raises Refused(CONFIG_INSECURE) in production without an address, and where anything of the outside one is missing:
    its OCSP responder, reference, secret, or a root to judge it by; and Refused(CA_UNAVAILABLE) where `yunqian demo`
    has not made the demonstration's own.
    """
    if not config.ca_url:
        return embedded.load(config)
    roots = verify.load_trust(config.trust_folder).roots if config.trust_folder.is_dir() else ()
    if not (roots and config.ca_reference and config.ca_ocsp_url):
        detail = "YUNQIAN_CA_URL needs YUNQIAN_CA_OCSP_URL, YUNQIAN_CA_REFERENCE and a root in ca/trust/"
        raise Refused(Problem.CONFIG_INSECURE, detail=detail)
    hosts, between = config.ca_allowed_hosts, _intermediates(config)
    return CmpAuthority(
        Exchange(
            config.ca_url,
            whose="certificate authority",
            silence=Problem.CA_UNAVAILABLE,
            allowed_hosts=hosts,
        ),
        Credentials(config.ca_reference.encode(), _secret(config)),
        StatusByOcsp(
            Exchange(
                config.ca_ocsp_url,
                whose="OCSP responder",
                silence=Problem.CA_UNAVAILABLE,
                allowed_hosts=hosts,
            ),
            roots=roots,
            intermediates=between,
        ),
        roots=roots,
        intermediates=between,
    )


def _intermediates(config: Config) -> tuple[Certificate, ...]:
    """The authorities between, as PEM beside the roots; they are trusted for nothing by themselves."""
    files = sorted((config.trust_folder / "intermediates").glob("*.pem"))
    return tuple(one for file in files for one in certificates.read_all(file.read_bytes()))


def _secret(config: Config) -> bytes:
    """The shared secret. Raises Refused(CONFIG_INSECURE) where it is missing, short, or readable by others."""
    try:
        if stat.S_IMODE(config.ca_secret.stat().st_mode) & 0o077:
            raise Refused(Problem.CONFIG_INSECURE, detail="YUNQIAN_CA_SECRET may be read by others")
        secret = config.ca_secret.read_bytes().strip()
    except OSError:
        raise Refused(Problem.CONFIG_INSECURE, detail="YUNQIAN_CA_SECRET cannot be read") from None
    if len(secret) < _SHORTEST_SECRET:
        raise Refused(Problem.CONFIG_INSECURE, detail="YUNQIAN_CA_SECRET has fewer than 16 octets")
    return secret
