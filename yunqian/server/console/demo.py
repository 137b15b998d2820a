"""`yunqian demo`: the demonstration's authorities, organizations, people, seals, certificates and pairing.

Comes after `yunqian migrate` and, where there are demo keys, after `yunqian agent new-key`: the authority certifies
the keys whose requests lie in `agent/keys/`. Harmless when repeated; the second time it only looks.
"""

import argparse
import base64
import json
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from yunqian.crypto import certificate_requests, certificates
from yunqian.crypto.certificates import Certificate
from yunqian.eseal.seal import kept_as
from yunqian.problems import Problem, Refused
from yunqian.server import scope, settings
from yunqian.server.adapters.ca import embedded
from yunqian.server.adapters.ca.embedded import EmbeddedAuthority
from yunqian.server.adapters.ca.port import Status, pem
from yunqian.server.adapters.ca.store import replace_durably
from yunqian.server.console import readiness
from yunqian.server.settings import Config, Mode

if TYPE_CHECKING:
    from yunqian.server.actions.demo import DemoKey

SAMPLES = Path(__file__).parent / "samples"
RENEWED_BEFORE = timedelta(days=60)


def main(argv: list[str]) -> int:
    """Entry of the subcommand; one line per step, exit code 0, or 1 with a sentence why not."""
    parser = argparse.ArgumentParser(prog="yunqian demo", description=__doc__.partition("\n")[0])
    parser.parse_args(argv)
    try:
        config = settings.current()
        refuse_elsewhere(config)
        readiness.refuse_unready(config)
        for line in make(config):
            print(line, flush=True)
    except Exception as error:
        refused = _refusal(error)
        if refused is None:
            raise
        print(refused.text("zh"), refused.text("en"), sep="\n", file=sys.stderr)
        return 1
    return 0


def refuse_elsewhere(config: Config) -> None:
    """Raise Refused(CONFIG_INSECURE) in production: everybody knows the demo's passwords and PIN."""
    if config.mode is Mode.PRODUCTION:
        detail = (
            "the demo's people have passwords that everybody knows; set YUNQIAN_MODE=demo for a demonstration"
        )
        raise Refused(Problem.CONFIG_INSECURE, detail=detail)


def make(config: Config) -> Iterator[str]:
    """Make what is missing, step by step; a line about each.

    Raises Refused(CONFIG_INSECURE) before anything is written when the database serves real organizations.
    """
    settings.start()
    from yunqian.server.actions import demo

    demo.refuse_among_others()
    authority = embedded.make(config)
    yield f"证书机构 certificate authority: {config.trust_folder}"
    authority.make_stamper()
    yield "时间戳机构 time-stamp authority: 已就绪 ready"
    maker = authority.make_seal_maker()
    yield f"制章单位 seal maker: {maker.certificate.owner}"
    bound = []
    for key in demo.KEYS:
        certificate = _certified(config, key, authority)
        if certificate:
            bound.append(demo.DemoCertificate(key, certificate))
        yield f"证书 certificate {key.serial}: {certificate.owner if certificate else '没有申请 no request'}"
    for tenant in demo.TENANTS:
        theirs = [one for one in bound if one.key.tenant == tenant.slug]
        added = demo.make(wanted=tenant, bound=theirs, maker=maker)
        for one in theirs:
            _put_on_key(config, one.key.serial, demo.eseals_for(tenant, one.certificate))
        yield f"单位 organization {tenant.name}: {_count(added)}"
    _pair(config)
    yield f"安全客户端 security client: {', '.join(config.origins)}"
    yield f"样例文件 sample documents: {_count(_copy_samples(config.home / 'samples'))}"


def _count(added: int) -> str:
    return f"新增 {added} 项 {added} added" if added else "已齐备 complete"


def _put_on_key(config: Config, serial: str, eseals: tuple[bytes, ...]) -> None:
    """Seal objects onto a demo key, as the seal maker's desk writes them onto a real one."""
    folder = config.home / "agent" / "keys" / serial / "seals"
    for encoded in eseals:
        path = folder / kept_as(encoded)
        if not path.exists() or path.read_bytes() != encoded:
            replace_durably(path, encoded)


def _certified(config: Config, key: "DemoKey", authority: EmbeddedAuthority) -> Certificate | None:
    """The certificate of a demo key, issued when it has none that still holds; None without a request."""
    folder = config.home / "agent" / "keys" / key.serial
    try:
        request = (folder / "request.pem").read_bytes()
    except FileNotFoundError:
        return None
    standing = _standing(folder / "certificate.pem", request, authority)
    if standing is not None:
        return standing
    chain = authority.issue(request, name=key.name, organization=key.organization)
    replace_durably(folder / "certificate.pem", pem(chain))
    return chain[0]


def _standing(path: Path, request: bytes, authority: EmbeddedAuthority) -> Certificate | None:
    """The certificate in `path`, if this authority issued it to the key of the request and it will still last."""
    try:
        leaf = certificates.read(path.read_bytes())
        encoded = certificate_requests.read(request).public_key_der
    except (FileNotFoundError, Refused, ValueError):
        return None
    lasts = leaf.covers(datetime.now(UTC) + RENEWED_BEFORE)
    is_ours = leaf.public_key_der == encoded and authority.status(leaf) is Status.GOOD
    return leaf if is_ours and lasts else None


def _pair(config: Config) -> None:
    """Write agent.json: whom the security client obeys. Its drivers stay as they are, and others' pairings too."""
    path = config.home / "agent" / "agent.json"
    before = _read_object(path)
    secret = Ed25519PrivateKey.from_private_bytes(config.secrets.order_signing_key)
    key = base64.b64encode(secret.public_key().public_bytes_raw()).decode()
    ours = [{"origin": origin, "name": config.name, "order_key": key} for origin in config.origins]
    others = [
        one
        for one in before.get("platforms", ())
        if one.get("order_key") != key and one.get("origin") not in config.origins
    ]
    wanted = before | {
        "port": config.client_ports[0],
        "platforms": ours + others,
        "drivers": before.get("drivers") or [{"kind": "soft", "folder": "keys"}],
    }
    if release_key := before.get("release_key") or _release_key(config.client_releases):
        wanted["release_key"] = release_key
    if wanted != before:
        replace_durably(path, json.dumps(wanted, ensure_ascii=False, indent=1).encode())


def _release_key(folder: Path) -> str | None:
    """The key that `make client` signed the demo's own clients with, where it was ever run."""
    path = folder / "release-key.pub"
    return path.read_text(encoding="ascii").strip() if path.is_file() else None


def _read_object(path: Path) -> dict[str, Any]:
    """agent.json as it is; an unreadable one counts as none, and is written anew."""
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        is_known = all(isinstance(one, dict) for one in content.get("platforms", ()))
    except (FileNotFoundError, ValueError, AttributeError, TypeError):
        return {}
    return content if is_known else {}


def _copy_samples(folder: Path) -> int:
    """Lay the sample documents where a visitor finds them, and give how many were missing."""
    missing = [path for path in sorted(SAMPLES.glob("*.pdf")) if not (folder / path.name).exists()]
    for path in missing:
        replace_durably(folder / path.name, path.read_bytes())
    return len(missing)


def _refusal(error: Exception) -> Refused | None:
    """What a person is told of a failure: the product's own refusals, the disk's and the database's."""
    if isinstance(error, Refused):
        return error
    if isinstance(error, OSError):
        return readiness.failed(f"{error.filename or ''}: {error.strerror}".removeprefix(": "))
    return scope.refusal(error)
