"""One person's browser, as thin as can be: standard library, one kept connection, no caching."""

import http.client
import json
import secrets
from http.cookies import SimpleCookie
from typing import Any

ACCOUNT, PASSWORD = "liming", "yunqian-demo"


class Visitor:
    """A logged-in person. Every answer that is not 200 ends the measurement."""

    def __init__(self, port: int, *, cookies: dict[str, str] | None = None) -> None:
        self._connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
        self._origin = f"http://127.0.0.1:{port}"
        self._cookies = dict(cookies or {})
        self._csrf = ""

    @property
    def cookies(self) -> dict[str, str]:
        """What a second connection of the same person needs."""
        return dict(self._cookies)

    def log_in(self, account: str = ACCOUNT) -> None:
        """Log in as one of the demo's people, its signer unless another is named."""
        self._csrf = self.post("/api/session", {"account": account, "password": PASSWORD})["csrf"]

    def get(self, path: str) -> Any:
        """The JSON at `path`."""
        return json.loads(self.ask("GET", path))

    def post(self, path: str, body: Any) -> Any:
        """Post JSON, give the JSON of the answer."""
        return json.loads(self.ask("POST", path, json.dumps(body).encode(), "application/json"))

    def upload(self, document: bytes) -> Any:
        """Send a document as the upload form does."""
        border = secrets.token_hex(16)
        head = (
            f'--{border}\r\nContent-Disposition: form-data; name="document"; filename="bench.pdf"\r\n'
            "Content-Type: application/pdf\r\n\r\n"
        )
        body = head.encode() + document + f"\r\n--{border}--\r\n".encode()
        return json.loads(self.ask("POST", "/api/uploads", body, f"multipart/form-data; boundary={border}"))

    def ask(self, method: str, path: str, body: bytes | None = None, kind: str = "") -> bytes:
        """One request on the kept connection; the body of its answer."""
        headers = {"Cookie": "; ".join(f"{name}={value}" for name, value in self._cookies.items())}
        if body is not None:
            headers |= {"Content-Type": kind, "X-CSRFToken": self._csrf, "Origin": self._origin}
        self._connection.request(method, path, body, headers)
        answer = self._connection.getresponse()
        content = answer.read()
        if answer.status != 200:
            raise SystemExit(f"{method} {path} answered {answer.status}: {content[:500]!r}")
        for header in answer.headers.get_all("Set-Cookie") or ():
            self._cookies |= {name: morsel.value for name, morsel in SimpleCookie(header).items()}
        return content
