"""What a security client asks before it knows the platform: the card it is paired by. No session, no cookie."""

from django.http import HttpRequest, HttpResponse
from django.urls import path
from django.views.decorators.http import require_safe

from yunqian.server.api import auth
from yunqian.server.queries import orders


@require_safe
def platform(request: HttpRequest) -> HttpResponse:
    """The PlatformCard for the origin that was asked, or for our first one where another name led here."""
    card = orders.card(origin=auth.origin(request))
    answer = HttpResponse(card.model_dump_json(), content_type="application/json")
    answer["Cache-Control"] = "no-store"
    return answer


urlpatterns = [path(".well-known/yunqian-platform", platform)]
