"""The texts of the client's own page in zh and en."""

from collections.abc import Mapping

from yunqian.agent.window.words import Language

WORDS: Mapping[Language, Mapping[str, str]] = {
    "zh": {
        "html_lang": "zh-CN",
        "title": "云签安全客户端",
        "running": "正在运行",
        "version": "版本 {version}",
        "other_language": "English",
        "keys": "已插入的 Key（{count}）",
        "no_keys": "没有检测到 Key。请插入 Key；若仍没有，请在终端运行 {doctor} 查看原因。",
        "no_drivers": "还没有配置任何 Key 驱动。请在 {file} 的 drivers 中写入 Key 厂商的驱动文件，然后重新启动客户端。",
        "keys_failed": "暂时读不到 Key：{text}",
        "key_locked": "口令已锁定",
        "demo": "演示用软 Key",
        "certificates": "{count} 张证书",
        "platforms": "已配对的平台（{count}）",
        "no_platforms": "还没有与任何平台配对。配对之前，任何网页都不能使用本机的 Key。",
        "code": "配对码",
        "remove": "移除",
        "pair_title": "与平台配对",
        "pair_hint": "输入平台的网址。客户端会取回平台名片，并请您核对配对码。",
        "address_place": "https://…",
        "address": "平台网址",
        "pair": "查找平台",
        "ask_title": "要信任这个平台吗？",
        "ask_hint": "请登录该平台，在“我的 Key”页面查看配对码。两边完全一致，才选择“一致，配对”；"
        "不一致说明有人在冒充平台。",
        "ask_yes": "一致，配对",
        "ask_no": "不配对",
        "remove_title": "要移除这个平台吗？",
        "remove_hint": "移除后该平台的网页立即不能再使用本机的 Key，正在等待口令的操作也会结束。以后可以重新配对。",
        "remove_yes": "移除",
        "remove_no": "保留",
        "paired": "已与 {name}（{origin}）配对。现在可以回到平台的网页继续。",
        "removed": "已移除 {origin}。",
        "not_paired": "没有配对，什么也没有改变。",
        "newer": "有新版本 {version}（{date} 发布）。下载后请核对 SHA-256，再退出本客户端并替换；"
        "客户端不会自行下载或更新。",
        "newer_elsewhere": "有新版本 {version}（{date} 发布），但没有适合本机的安装包。请询问平台管理员：{origin}",
        "back": "返回",
    },
    "en": {
        "html_lang": "en",
        "title": "Yunqian security client",
        "running": "running",
        "version": "Version {version}",
        "other_language": "中文",
        "keys": "Keys plugged in ({count})",
        "no_keys": "No key was found. Plug one in; if it still does not show, run {doctor} in a terminal to see why.",
        "no_drivers": "No key driver is configured. Name the library of your key's vendor under drivers in {file}, "
        "then start the client again.",
        "keys_failed": "The keys cannot be read now: {text}",
        "key_locked": "PIN locked",
        "demo": "Demo soft key",
        "certificates": "certificates: {count}",
        "platforms": "Paired platforms ({count})",
        "no_platforms": "Paired with no platform yet. Until then no web page can use the keys of this PC.",
        "code": "Pairing code",
        "remove": "Remove",
        "pair_title": "Pair with a platform",
        "pair_hint": "Enter the platform's address. The client fetches what it says of itself and asks you to compare "
        "a code.",
        "address_place": "https://…",
        "address": "Platform address",
        "pair": "Look it up",
        "ask_title": "Trust this platform?",
        "ask_hint": "Log in to the platform and look at the pairing code on its page ‘My keys’. Choose "
        "‘Same code, pair’ only if both are exactly the same; if not, somebody is posing as the platform.",
        "ask_yes": "Same code, pair",
        "ask_no": "Do not pair",
        "remove_title": "Remove this platform?",
        "remove_hint": "Its pages can no longer use the keys of this PC from that moment, and what waits for a PIN "
        "ends. You can pair again later.",
        "remove_yes": "Remove",
        "remove_no": "Keep",
        "paired": "Paired with {name} ({origin}). You can go back to the platform's page now.",
        "removed": "{origin} was removed.",
        "not_paired": "Not paired; nothing was changed.",
        "newer": "Version {version} was released on {date}. Compare the SHA-256 after downloading, then stop this "
        "client and replace it; the client never downloads or updates by itself.",
        "newer_elsewhere": "Version {version} was released on {date}, but without an archive for this kind of PC. Ask "
        "the platform's administrator: {origin}",
        "back": "Back",
    },
}
