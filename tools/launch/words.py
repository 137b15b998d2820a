"""What the launcher says: every sentence in Chinese and English, and the one exception that ends a start."""

from __future__ import annotations

import errno
import re
import sys
from dataclasses import dataclass


class Stop(Exception):
    """The start ends here, for a reason a person can act on."""

    def __init__(self, zh: str, en: str, *, detail: str = "") -> None:
        super().__init__(en)
        self.zh = zh
        self.en = en
        self.detail = detail


class NoNetwork(Stop):
    """Packages could not be fetched."""


@dataclass(frozen=True)
class Name:
    """The name of a step in both languages."""

    zh: str
    en: str

    def __str__(self) -> str:
        return f"{self.zh} · {self.en}"


def say(line: str = "") -> None:
    """One line to the terminal, even where the terminal cannot show every character."""
    encoding = sys.stdout.encoding or "utf-8"
    sys.stdout.write(line.encode(encoding, "replace").decode(encoding) + "\n")
    sys.stdout.flush()


def tell(stop: Stop) -> None:
    """The refusal, both languages, and the last lines of the program that failed."""
    say()
    if stop.detail:
        for line in stop.detail.splitlines():
            say(f"    {line}")
    say(f"✗ {stop.zh}")
    say(f"  {stop.en}")


DISK_FULL = re.compile(r"No space left on device|ENOSPC|Disk quota exceeded|os error 28\b", re.IGNORECASE)
NO_NETWORK = re.compile(
    r"Temporary failure in name resolution|Name or service not known|dns error|ENOTFOUND|EAI_AGAIN|"
    r"ECONNREFUSED|ECONNRESET|ETIMEDOUT|ENETUNREACH|Network is unreachable|Connection refused|"
    r"Failed to establish a new connection|error sending request|No matching distribution found|"
    r"Failed to fetch|tcp connect error|Connection timed out|Read timed out|certificate verify failed|"
    r"SELF_SIGNED_CERT_IN_CHAIN|UNABLE_TO_GET_ISSUER_CERT",
    re.IGNORECASE,
)


def disk_full(place: str) -> Stop:
    return Stop(
        f"磁盘空间不足（{place}）。请腾出空间后再运行；已下载的内容会保留。",
        f"The disk is full ({place}). Free some space and run it again; what was fetched is kept.",
    )


def no_network(what: Name) -> Stop:
    return NoNetwork(
        f"“{what.zh}”需要从软件源下载，但网络不通。请检查网络、代理或镜像设置后再运行；已下载的内容会保留。",
        f"“{what.en}” has to fetch packages and the network did not answer. Check the network, the proxy or "
        "the mirror you use and run it again; what was fetched is kept.",
    )


def why_it_failed(step: Name, output: str, place: str) -> Stop:
    """The clearest sentence for a program that failed, judged by its last lines."""
    tail = "\n".join(output.strip().splitlines()[-12:])
    if DISK_FULL.search(output):
        return disk_full(place)
    if NO_NETWORK.search(output):
        return no_network(step)
    return Stop(
        f"“{step.zh}”没有成功，上面是最后的输出。",
        f"“{step.en}” did not succeed; its last lines are above.",
        detail=tail,
    )


def why_the_system_refused(error: OSError) -> Stop:
    """An operating system error at any step, as a sentence."""
    place = str(error.filename or "")
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return disk_full(place)
    if error.errno in (errno.EACCES, errno.EPERM, errno.EROFS):
        return Stop(
            f"没有权限写入 {place}。请在自己有写权限的文件夹里运行，或设置 YUNQIAN_HOME。",
            f"No permission to write {place}. Run it in a folder that is yours, or set YUNQIAN_HOME.",
        )
    return Stop(f"系统拒绝了操作：{error}", f"The system refused: {error}")
