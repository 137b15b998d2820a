"""The API, composed of its routers."""

from ninja import NinjaAPI

from yunqian import __version__
from yunqian.server.api import answers, auth, ceremonies, envelopes, session, verify


def api() -> NinjaAPI:
    """Every operation needs a session unless its router says otherwise."""
    built = NinjaAPI(
        title="yunqian",
        version=__version__,
        description="Electronic contracts signed with the signer's own keys. Refusals are problem+json.",
        auth=auth.Door(),
        docs_url=None,
        openapi_url=None,
    )
    for router in (session.router, envelopes.router, ceremonies.router, verify.router):
        built.add_router("", router)
    answers.install(built)
    return built
