"""A window of the client's own on the desktop, as far as the desk needs to know of it."""

from typing import Protocol


class Face(Protocol):
    """Shows sheets by speaking to the same addresses as the client's page (see `window.page`)."""

    @property
    def is_here(self) -> bool:
        """Whether a window can be shown at this moment."""

    def show(self, window_url: str) -> bool:
        """Bring the window of this address to the front; False where it cannot, and the page is opened instead.

        Returns at once: whether the person answers is another matter.
        """
