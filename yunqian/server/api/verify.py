"""验签 of any document, and whether the server is well."""

from django.http import HttpRequest
from django.utils import timezone
from ninja import File, Router
from ninja.files import UploadedFile

from yunqian.server.api import auth, bodies
from yunqian.server.queries import health
from yunqian.server.queries import verify as queries
from yunqian.wire.panel import Report

router = Router(tags=["verify"])


@router.post("/verify", response=Report)
def verify(request: HttpRequest, document: File[UploadedFile]) -> Report:
    """Judge a document; it is not kept."""
    return queries.of_upload(auth.asking(request), bodies.read(document), at=timezone.now())


@router.get("/health", response=dict[str, str], auth=None)
def read_health(request: HttpRequest) -> dict[str, str]:
    """Whether server and database answer; tells nothing else."""
    return health.read()
