"""Asking Alibaba Cloud: one signed question in a form, one answer in JSON (signature version 3, ACS3-HMAC-SHA256).

Written from https://help.aliyun.com/zh/sdk/product-overview/v3-request-structure-and-signature. Parameters go in the
body, never in the address, which gateways write into their logs.
"""

import hashlib
import hmac
import secrets
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from urllib.parse import quote, urlsplit

from yunqian.problems import Problem
from yunqian.server.adapters import spoken
from yunqian.server.adapters.exchange import Exchange, Limits
from yunqian.server.settings.clouds import AccessKey

ALGORITHM = "ACS3-HMAC-SHA256"


@dataclass(frozen=True)
class Operation:
    """What is asked for, of which version of which product."""

    name: str
    version: str


class AlibabaCloud:
    """One product at one address."""

    def __init__(
        self,
        url: str,
        key: AccessKey,
        *,
        silence: Problem,
        allowed_hosts: Collection[str] = (),
        limits: Limits | None = None,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        """`silence` is what a person is told where there is no answer. Raises Refused(CONFIG_INSECURE)."""
        self._limits = limits or Limits()
        self._exchange = Exchange(
            url, whose="Alibaba Cloud", silence=silence, allowed_hosts=allowed_hosts, limits=self._limits
        )
        self._host, self._path = urlsplit(url).netloc, urlsplit(url).path or "/"
        self._key, self._clock = key, clock

    def ask(self, operation: Operation, parameters: Mapping[str, str]) -> Mapping[str, object]:
        """The answer's object, empty where it is unreadable.

        Raises Refused(`silence`) for no answer in time and for any status but 200: a wrong signature, a clock that is
        off, too many questions. Never called inside a transaction.
        """
        form = "&".join(f"{_quoted(name)}={_quoted(value)}" for name, value in sorted(parameters.items()))
        headers = {
            "host": self._host,
            "content-type": "application/x-www-form-urlencoded",
            "x-acs-action": operation.name,
            "x-acs-version": operation.version,
            "x-acs-date": f"{self._clock().astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}",
            "x-acs-signature-nonce": secrets.token_hex(16),
            "x-acs-content-sha256": hashlib.sha256(form.encode()).hexdigest(),
        }
        signed = authorization(headers, self._key, path=self._path)
        asked = {**headers, "accept": "application/json", "authorization": signed}
        answer = self._exchange.post(form.encode(), asked)
        return spoken.read(answer, most_bytes=self._limits.response_bytes)


def authorization(headers: Mapping[str, str], key: AccessKey, *, path: str = "/", query: str = "") -> str:
    """The Authorization header of a POST with these headers, named in lower case; `query` is in canonical form."""
    names = sorted(headers)
    told = "".join(f"{name}:{headers[name].strip()}\n" for name in names)
    canonical = "\n".join(("POST", path, query, told, ";".join(names), headers["x-acs-content-sha256"]))
    to_sign = f"{ALGORITHM}\n{hashlib.sha256(canonical.encode()).hexdigest()}"
    signature = hmac.new(key.secret.encode(), to_sign.encode(), hashlib.sha256).hexdigest()
    return f"{ALGORITHM} Credential={key.id},SignedHeaders={';'.join(names)},Signature={signature}"


def _quoted(text: str) -> str:
    """RFC 3986: everything but unreserved characters."""
    return quote(text, safe="")
