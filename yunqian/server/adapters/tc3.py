"""Asking Tencent Cloud: one signed question and one answer, both in JSON (signature version 3, TC3-HMAC-SHA256).

Written from https://cloud.tencent.com/document/api/1007/31324.
"""

import hashlib
import hmac
import json
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from urllib.parse import urlsplit

from yunqian.problems import Problem
from yunqian.server.adapters import spoken
from yunqian.server.adapters.exchange import Exchange, Limits
from yunqian.server.settings.clouds import AccessKey

ALGORITHM = "TC3-HMAC-SHA256"
_SCOPE_END = "tc3_request"


@dataclass(frozen=True)
class Operation:
    """What is asked for, of which version of which product; the region where the product has regions."""

    service: str
    name: str
    version: str
    region: str = ""


class TencentCloud:
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
            url, whose="Tencent Cloud", silence=silence, allowed_hosts=allowed_hosts, limits=self._limits
        )
        self._host = urlsplit(url).netloc
        self._key, self._clock = key, clock

    def ask(self, operation: Operation, parameters: Mapping[str, object]) -> Mapping[str, object]:
        """What stands under `Response`, an error too; empty where the answer is unreadable.

        Raises Refused(`silence`) for no answer in time and for any status but 200. Never called inside a transaction.
        """
        body = json.dumps(parameters, ensure_ascii=False).encode()
        at = self._clock()
        signed = {
            "content-type": "application/json; charset=utf-8",
            "host": self._host,
            "x-tc-action": operation.name,
        }
        beside = {"x-tc-timestamp": str(int(at.timestamp())), "x-tc-version": operation.version}
        if operation.region:
            beside["x-tc-region"] = operation.region
        told = authorization(signed, body, self._key, service=operation.service, at=at)
        answer = self._exchange.post(body, {**signed, **beside, "authorization": told})
        return spoken.inside(spoken.read(answer, most_bytes=self._limits.response_bytes), "Response")


def authorization(
    headers: Mapping[str, str], body: bytes, key: AccessKey, *, service: str, at: datetime
) -> str:
    """The Authorization header of a POST to / with these headers, named in lower case; all of them are signed.

    Values are signed in lower case, as the documentation has it.
    """
    names = sorted(headers)
    told = "".join(f"{name}:{headers[name].strip().lower()}\n" for name in names)
    canonical = "\n".join(("POST", "/", "", told, ";".join(names), hashlib.sha256(body).hexdigest()))
    day = f"{at.astimezone(UTC):%Y-%m-%d}"
    scope = f"{day}/{service}/{_SCOPE_END}"
    digest = hashlib.sha256(canonical.encode()).hexdigest()
    to_sign = f"{ALGORITHM}\n{int(at.timestamp())}\n{scope}\n{digest}"
    signing = f"TC3{key.secret}".encode()
    for part in (day, service, _SCOPE_END):
        signing = _mac(signing, part)
    names_told, signature = ";".join(names), _mac(signing, to_sign).hex()
    return f"{ALGORITHM} Credential={key.id}/{scope}, SignedHeaders={names_told}, Signature={signature}"


def _mac(key: bytes, text: str) -> bytes:
    return hmac.new(key, text.encode(), hashlib.sha256).digest()
