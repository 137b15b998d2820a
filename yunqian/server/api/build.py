"""The API, composed of its routers."""

from typing import Any

from ninja import NinjaAPI
from ninja.operation import Operation
from ninja.renderers import JSONRenderer

from yunqian import __version__
from yunqian.server.api import (
    answers,
    auth,
    batches,
    ceremonies,
    certificates,
    drafts,
    envelopes,
    keycare,
    members,
    notices,
    people,
    pictures,
    public_codes,
    seals,
    session,
    tenants,
    uploads,
    verify,
)


class _Json(JSONRenderer):
    """Chinese as it is, not as six bytes of escape per character."""

    json_dumps_params: dict[str, Any] = {"ensure_ascii": False}  # noqa: RUF012 (the base class says it so)


class _Api(NinjaAPI):
    """The router, naming operations as people would: envelopes_start, ceremonies_prepare."""

    def get_openapi_operation_id(self, operation: Operation) -> str:
        """Module and function, which the generated types of the pages are named after."""
        function = operation.view_func
        return f"{function.__module__.rpartition('.')[2]}_{function.__name__}"


def api() -> NinjaAPI:
    """Every operation needs a session unless its router says otherwise."""
    built = _Api(
        title="yunqian",
        version=__version__,
        description="Electronic contracts signed with the signer's own keys. Refusals are problem+json.",
        auth=auth.Door(),
        renderer=_Json(),
        docs_url=None,
        openapi_url=None,
    )
    for router in (
        session.router,
        uploads.router,
        envelopes.router,
        drafts.router,
        ceremonies.router,
        batches.router,
        verify.router,
        keycare.router,
        certificates.router,
        people.router,
        members.router,
        notices.router,
        tenants.router,
        seals.router,
        pictures.router,
        public_codes.router,
    ):
        built.add_router("", router)
    answers.install(built)
    return built
