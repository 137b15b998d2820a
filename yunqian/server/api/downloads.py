"""The security client for download: the signed manifest of the newest, and the archives it names.

Both are public, as the page that offers them is read before anybody has a key; they tell nothing of this platform.
"""

from functools import cache
from pathlib import Path

from django.http import FileResponse, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.urls import path
from django.views.decorators.http import require_safe

from yunqian.problems import Refused
from yunqian.server import settings
from yunqian.server.adapters.client_releases import ClientReleases
from yunqian.server.api import answers


@require_safe
def manifest(request: HttpRequest) -> HttpResponseBase:
    """SignedRelease, or 404 where this platform hands no client on."""
    try:
        text = _releases().manifest().model_dump_json()
    except Refused as refusal:
        return answers.answer(refusal)
    answer = HttpResponse(text, content_type="application/json")
    answer["Cache-Control"] = "no-cache"
    return answer


@require_safe
def archive(request: HttpRequest, name: str) -> HttpResponseBase:
    """One archive, to be saved and never shown; 404 for any other name, or where the file is not what was signed."""
    try:
        named, file = _releases().open(name)
    except Refused as refusal:
        return answers.answer(refusal)
    answer = FileResponse(
        file, as_attachment=True, filename=named.name, content_type="application/octet-stream"
    )
    answer["Cache-Control"] = "no-cache"
    return answer


def _releases() -> ClientReleases:
    return _in(settings.current().client_releases)


@cache
def _in(folder: Path) -> ClientReleases:
    return ClientReleases(folder)


urlpatterns = [
    path(".well-known/yunqian-client", manifest),
    path("downloads/client/<str:name>", archive),
]
