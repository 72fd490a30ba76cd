"""
The HTTP calls of WeChat's official accounts that publishing needs, as Tencent documents them.

Access token: POST /cgi-bin/stable_token (getStableAccessToken). Pictures: POST /cgi-bin/media/uploadimg (for the text) and
/cgi-bin/material/add_material (the cover). Drafts: POST /cgi-bin/draft/add, /cgi-bin/draft/get. Publishing: POST
/cgi-bin/freepublish/submit, /cgi-bin/freepublish/get, /cgi-bin/freepublish/batchget. Sources: developers.weixin.qq.com, "Get stable
version interface call credentials", "Additional drafts", "Publish a draft", "Post Status Queries".
"""

import json
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.core.cache import cache
from django.utils.translation import gettext_lazy as _

from ops_console.posts import sealing
from saas.kernel import outgoing
from saas.kernel.ids import random_id

# The token has run out, or another one has replaced it.
TOKEN_OVER = frozenset({40001, 40014, 42001})
# A token is forgotten some minutes before it runs out.
EARLY_S = 300


class WechatRefused(Exception):
    """WeChat answered with an error. `code` is its errcode, `said` its errmsg; never a token or a secret."""

    def __init__(self, code: int, said: str) -> None:
        super().__init__(f"{code}: {said}")
        self.code, self.said = code, said


@dataclass(frozen=True)
class Account:
    """An official account: its AppID and AppSecret."""

    app_id: str
    secret: str


def post(account: Account, path: str, message: dict[str, Any]) -> dict[str, Any]:
    """
    Call `path` with a JSON message and return the answer.

    :raises WechatRefused: an errcode other than 0
    :raises outgoing.CallFailed: see `outgoing.call`
    """
    body = json.dumps(message, ensure_ascii=False).encode()
    return _with_token(account, path, body, "application/json; charset=utf-8")


def upload(account: Account, path: str, picture: bytes) -> dict[str, Any]:
    """
    Send a JPEG as the form field `media` and return the answer.

    :raises WechatRefused: an errcode other than 0
    :raises outgoing.CallFailed: see `outgoing.call`
    """
    edge = f"hutong-{random_id(24)}"
    head = f'--{edge}\r\nContent-Disposition: form-data; name="media"; filename="picture.jpg"\r\nContent-Type: image/jpeg\r\n\r\n'
    body = head.encode() + picture + f"\r\n--{edge}--\r\n".encode()
    return _with_token(account, path, body, f"multipart/form-data; boundary={edge}")


def _with_token(account: Account, path: str, body: bytes, kind: str) -> dict[str, Any]:
    for is_last in (False, True):
        sign = "&" if "?" in path else "?"
        try:
            return _call(f"{path}{sign}access_token={_token(account)}", body, kind)
        except WechatRefused as error:
            if error.code not in TOKEN_OVER or is_last:
                raise
            cache.delete(_key(account))
    raise AssertionError("unreachable")


def _key(account: Account) -> str:
    return f"wechat-token:{account.app_id}"


def _token(account: Account) -> str:
    known = sealing.unseal(cache.get(_key(account), ""))
    if known.get("secret") == account.secret:
        return known["token"]
    asked = {"grant_type": "client_credential", "appid": account.app_id, "secret": account.secret}
    answer = _call("/cgi-bin/stable_token", json.dumps(asked).encode(), "application/json")
    token = str(answer["access_token"])
    kept_s = max(int(answer.get("expires_in", 0)) - EARLY_S, 1)
    cache.set(_key(account), sealing.seal({"token": token, "secret": account.secret}), kept_s)
    return token


def _call(path: str, body: bytes, kind: str) -> dict[str, Any]:
    request = outgoing.Call(f"{settings.WECHAT_API_BASE}{path}", body, {"Content-Type": kind})
    answer = outgoing.call(request, let_through=settings.POST_HOSTS)
    try:
        found = json.loads(answer.body)
    except ValueError as error:
        raise outgoing.NoAnswer(_("WeChat did not answer as it is documented.")) from error
    if not isinstance(found, dict) or answer.status != 200:
        raise outgoing.NoAnswer(_("WeChat did not answer as it is documented."))
    if found.get("errcode"):
        raise WechatRefused(int(found["errcode"]), str(found.get("errmsg", ""))[:200])
    return found
