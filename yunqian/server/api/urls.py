"""The addresses: /api, /pki, and the pages for everything else."""

import sys

from django.http import HttpRequest, HttpResponse
from django.urls import path, re_path
from django.views.decorators.http import require_safe

from yunqian.problems import Problem, Refused
from yunqian.server import settings
from yunqian.server.api import answers, documents, downloads, pki, prepared, wellknown
from yunqian.server.api.build import api

_NOT_BUILT = (
    "<!doctype html><meta charset=utf-8><title>yunqian</title>"
    "<p>网页尚未构建，请运行 make run。The pages have not been built; run make run."
)


@require_safe
def pages(request: HttpRequest) -> HttpResponse:
    """The one page of the application, whatever its address inside; its assets are served by name."""
    index = settings.current().web_dist / "index.html"
    if not index.is_file():
        return HttpResponse(_NOT_BUILT, status=503)
    response = HttpResponse(index.read_bytes(), content_type="text/html; charset=utf-8")
    response["Cache-Control"] = "no-cache"
    return response


def absent(request: HttpRequest) -> HttpResponse:
    """The answer to an address of the API that does not exist."""
    return answers.answer(Refused(Problem.NOT_FOUND))


def failed(request: HttpRequest) -> HttpResponse:
    """The answer to a defect outside the router, as inside it; the framework has logged the traceback."""
    return answers.unexpected(request, sys.exc_info()[1] or RuntimeError("unknown"))


handler500 = failed
urlpatterns = [
    path("api/", api().urls),
    re_path(r"^api(?:/|$)", absent),
    *pki.urlpatterns,
    *wellknown.urlpatterns,
    re_path(r"^pki(?:/|$)", absent),
    *downloads.urlpatterns,
    re_path(r"^downloads(?:/|$)", absent),
    *documents.urlpatterns,
    re_path(r"^documents(?:/|$)", absent),
    *prepared.urlpatterns,
    re_path(r"^prepared(?:/|$)", absent),
    re_path(r"^\.well-known/", absent),
    re_path(r"^assets/", absent),
    re_path(r"", pages),
]
