"""The seal maker (制章单位): who signs electronic seals as GB/T 38540 has them."""

from yunqian.eseal.make import Maker
from yunqian.server import settings
from yunqian.server.adapters.ca import embedded


def current() -> Maker:
    """The configured maker: so far the demonstration's own, beside its certificate authority.

    Raises Refused(CONFIG_INSECURE) in production, and Refused(CA_UNAVAILABLE) where `yunqian demo` has not made it.
    """
    return embedded.load(settings.current()).make_seal_maker()
