"""Speaking to the window's addresses on loopback, without blocking the window."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from PySide6.QtCore import QObject, QUrl
from PySide6.QtNetwork import (
    QNetworkAccessManager,
    QNetworkProxy,
    QNetworkReply,
    QNetworkRequest,
)
from shiboken6 import isValid

_LIMIT_MILLISECONDS = 90_000  # a key may take a minute


@dataclass(frozen=True, slots=True)
class Answer:
    """What the client said; `status` 0: it did not answer."""

    status: int
    body: bytes

    @property
    def is_good(self) -> bool:
        return self.status == 200

    def message(self) -> dict[str, Any]:
        """The JSON object of the answer; empty where it is none."""
        try:
            read = json.loads(self.body)
        except ValueError:
            return {}
        return read if isinstance(read, dict) else {}


Then = Callable[[Answer], None]


class Calls(QObject):
    """Only the client's own address is ever spoken to: never through a proxy, never after a redirect."""

    def __init__(self, home: str, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._home = home.rstrip("/")
        self._network = QNetworkAccessManager(self)
        self._network.setProxy(QNetworkProxy(QNetworkProxy.ProxyType.NoProxy))
        self._network.setRedirectPolicy(QNetworkRequest.RedirectPolicy.ManualRedirectPolicy)

    def is_own(self, window_url: str) -> bool:
        """Whether this is a window of the client that started us."""
        return window_url.startswith(f"{self._home}/window/")

    def get(self, path: str, asker: QObject, then: Then) -> None:
        """Ask for a path of the client; `then` is not called when `asker` is gone by the time of the answer."""
        self._listen(self._network.get(self._request(path)), asker, then)

    def post(self, path: str, body: bytearray, headers: dict[str, str], asker: QObject, then: Then) -> None:
        """Post `body`, which is overwritten at once; Qt keeps its own copy until it is sent."""
        request = self._request(path)
        request.setRawHeader(b"Content-Type", b"application/octet-stream")
        for name, value in headers.items():
            request.setRawHeader(name.encode(), value.encode())
        reply = self._network.post(request, bytes(body))
        body[:] = bytes(len(body))
        self._listen(reply, asker, then)

    def _request(self, path: str) -> QNetworkRequest:
        request = QNetworkRequest(QUrl(self._home + path))
        request.setRawHeader(b"Origin", self._home.encode())
        request.setRawHeader(b"Sec-Fetch-Site", b"same-origin")
        request.setTransferTimeout(_LIMIT_MILLISECONDS)
        return request

    def _listen(self, reply: QNetworkReply, asker: QObject, then: Then) -> None:
        def finished() -> None:
            status = reply.attribute(QNetworkRequest.Attribute.HttpStatusCodeAttribute)
            answer = Answer(int(status or 0), bytes(reply.readAll().data()))
            reply.deleteLater()
            if isValid(asker):
                then(answer)

        reply.finished.connect(finished)
