"""查验码: for the parties of an envelope, and the open page that it leads to."""

from typing import Annotated

from django.http import HttpRequest
from django.utils import timezone
from ninja import Path, Router

from yunqian.server.api import auth
from yunqian.server.api.pace import Pace
from yunqian.server.queries import public_codes
from yunqian.wire.public import PublicCode, PublicFacts, PublicVerdict

router = Router(tags=["verify"])
PACE = Pace(most=30, seconds=60)
VERDICT_PACE = Pace(most=40, seconds=60)
"""An envelope has up to twenty documents, each judged by itself."""


@router.get("/envelopes/{envelope_id}/public-code", response=PublicCode)
def of_envelope(request: HttpRequest, envelope_id: str) -> PublicCode:
    """The code of my envelope, with its QR code."""
    return public_codes.of_envelope(
        auth.asking(request), envelope_id=envelope_id, origin=auth.origin(request)
    )


@router.get("/public-codes/{envelope_code}", response=PublicFacts, auth=None)
def facts(request: HttpRequest, envelope_code: str) -> PublicFacts:
    """What anybody may know of the envelope with this code."""
    PACE.require(auth.address(request))
    return public_codes.facts(code=envelope_code)


@router.get("/public-codes/{envelope_code}/verdicts/{position}", response=PublicVerdict, auth=None)
def verdict(
    request: HttpRequest, envelope_code: str, position: Annotated[int, Path(ge=1, le=100)]
) -> PublicVerdict:
    """What the verifier says of one document of it, as it now stands."""
    VERDICT_PACE.require(auth.address(request))
    return public_codes.verdict(code=envelope_code, position=position, at=timezone.now())
