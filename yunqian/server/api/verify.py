"""验签 of any document, for anybody, and whether the server is well."""

from typing import Any

from django.core.files.uploadhandler import MemoryFileUploadHandler
from django.http import HttpRequest
from django.utils import timezone
from ninja import File, Router
from ninja.files import UploadedFile

from yunqian.server.api import auth, bodies
from yunqian.server.api.pace import Pace
from yunqian.server.queries import health
from yunqian.server.queries import verify as queries
from yunqian.wire.panel import Report

router = Router(tags=["verify"])
PACE = Pace(most=20, seconds=60)


class Anybody:
    """Who brings a document needs no session. He is counted by his address, and his document stays in memory."""

    def __call__(self, request: HttpRequest) -> bool:
        """Raises Refused(REQUESTS_TOO_MANY, ORIGIN_NOT_ALLOWED or DOCUMENT_TOO_LARGE), before the body is read."""
        PACE.require(auth.address(request))
        auth.require_origin(request)
        auth.refuse_foreign_pages(request)
        auth.refuse_oversized(request)
        request.upload_handlers = [_InMemory(request)]
        return True


class _InMemory(MemoryFileUploadHandler):
    """Whatever its size, which was judged by its announced length: a stranger's document lies on no disk."""

    def handle_raw_input(self, *announced: Any, **named: Any) -> None:
        self.activated = True


@router.post("/verify", response=Report, auth=Anybody())
def verify(request: HttpRequest, document: File[UploadedFile]) -> Report:
    """Judge a document, for anybody; it is not kept."""
    return queries.of_anybody(bodies.read(document), at=timezone.now())


@router.get("/health", response=dict[str, str], auth=None)
def read_health(request: HttpRequest) -> dict[str, str]:
    """Whether server and database answer; tells nothing else."""
    return health.read()
