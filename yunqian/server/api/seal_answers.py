"""Pictures of seals and the ledger's file, as HTTP answers."""

import base64

from django.http import HttpResponse

from yunqian.server.actions.seal_pictures import Made
from yunqian.wire.seals import SealPicture


def picture(made: Made) -> SealPicture:
    """A picture that was made, as a message."""
    encoded = base64.b64encode(made.picture.png).decode()
    return SealPicture(picture_png=encoded, width_mm=made.picture.width_mm, height_mm=made.picture.height_mm)


def csv(content: bytes) -> HttpResponse:
    """A file to keep, that no cache keeps."""
    response = HttpResponse(content, content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = 'attachment; filename="seal-ledger.csv"'
    response["Cache-Control"] = "no-store"
    response["X-Content-Type-Options"] = "nosniff"
    return response
