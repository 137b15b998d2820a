"""The bytes that a key is asked to sign, for the security client that holds their order (decision 28).

No session and no cookie: the path itself is the leave, good for one preparation of one order. It is no link for a
browser, and whatever is wrong with it is told alike.
"""

from django.http import HttpRequest, HttpResponse
from django.urls import path
from django.views.decorators.csrf import csrf_exempt

from yunqian.problems import Problem, Refused
from yunqian.server.api import answers, auth
from yunqian.server.api.pace import Pace
from yunqian.server.queries import prepared
from yunqian.server.queries.prepared import Capability

PACES = {"address": Pace(most=120, seconds=60), "order": Pace(most=12, seconds=300)}
"""An office may share one address; a client takes an order once, and a few times more where its network fails."""
_OF_BROWSERS = ("Origin", "Sec-Fetch-Site", "Sec-Fetch-Mode")


@csrf_exempt
def content(request: HttpRequest, name: str) -> HttpResponse:
    """The whole bytes, or 404."""
    if request.method != "GET":
        refused = answers.answer(Refused(Problem.METHOD_NOT_ALLOWED))
        refused["Allow"] = "GET"
        return refused
    try:
        taken = _taken(request, name)
    except Refused as refusal:
        return answers.answer(refusal)
    answer = HttpResponse(taken, content_type="application/octet-stream")
    answer["Cache-Control"] = "no-store"
    answer["X-Content-Type-Options"] = "nosniff"
    return answer


def _taken(request: HttpRequest, name: str) -> bytes:
    PACES["address"].require(auth.address(request))
    if any(header in request.headers for header in _OF_BROWSERS):
        raise Refused(Problem.NOT_FOUND)  # a page that was given the path, or a person who pasted it
    capability = Capability.read(name)
    PACES["order"].require(name)
    return prepared.content(capability)


urlpatterns = [path("prepared/<str:name>", content)]
