"""Pictures of seals as HTTP answers."""

import base64

from yunqian.server.actions.seal_pictures import Made
from yunqian.wire.seals import SealPicture


def picture(made: Made) -> SealPicture:
    """A picture that was made, as a message."""
    encoded = base64.b64encode(made.picture.png).decode()
    return SealPicture(picture_png=encoded, width_mm=made.picture.width_mm, height_mm=made.picture.height_mm)
