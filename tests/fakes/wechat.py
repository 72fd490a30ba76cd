"""
WeChat's official account interface, as far as publishing goes, answering as Tencent documents it (developers.weixin.qq.com).

HTTP 200 with `errcode` for errors; a token from stable_token, the same until it runs out; drafts that leave the box when they are
published; publishing that takes some looks (`looks`) until it is done. `fail` gives a path's next answers: an errcode, "hang up" to
say nothing and do nothing, or "lose" to do it and say nothing.

`python3 -m tests.fakes.wechat` runs it for trying the channel by hand and prints what it is asked; see docs/hosting-for-staff.md.
"""

import json
import threading
from collections import defaultdict
from urllib.parse import parse_qs, urlsplit

from .serving import Asked, serving

PORT = 8798


class Wechat:
    """One account."""

    def __init__(self) -> None:
        self.app_id, self.secret = "wx1", "open sesame"
        self.token = "TOKEN-1"
        self.tokens_given = 0
        self.drafts: dict[str, dict[str, object]] = {}
        self.tasks: dict[str, dict[str, object]] = {}
        self.articles: list[dict[str, object]] = []
        self.pictures: list[bytes] = []
        self.looks = 1
        self.status = 0
        self.fail: defaultdict[str, list[int | str]] = defaultdict(list)
        self.calls: list[str] = []

    def answer(self, asked: Asked) -> tuple[int, bytes] | None:
        """Answer one call."""
        where = urlsplit(asked.path)
        name = where.path.removeprefix("/cgi-bin/")
        self.calls.append(name)
        trouble = self.fail[name].pop(0) if self.fail[name] else None
        if trouble == "hang up":
            return None
        if isinstance(trouble, int):
            return self._said({"errcode": trouble, "errmsg": "refused by the test"})
        if name != "stable_token" and parse_qs(where.query).get("access_token") != [self.token]:
            return self._said({"errcode": 40001, "errmsg": "invalid credential, access_token is invalid or not latest"})
        said = getattr(self, f"_{name.replace('/', '_')}")(asked.body)
        return None if trouble == "lose" else self._said(said)

    @staticmethod
    def _said(message: dict[str, object]) -> tuple[int, bytes]:
        return 200, json.dumps(message).encode()

    def _stable_token(self, body: bytes) -> dict[str, object]:
        asked = json.loads(body)
        if asked.get("grant_type") != "client_credential" or asked.get("appid") != self.app_id:
            return {"errcode": 40013, "errmsg": "invalid appid"}
        if asked.get("secret") != self.secret:
            return {"errcode": 40125, "errmsg": "invalid appsecret"}
        self.tokens_given += 1
        return {"access_token": self.token, "expires_in": 7200}

    def _media_uploadimg(self, body: bytes) -> dict[str, object]:
        self.pictures.append(body)
        return {"url": f"https://mmbiz.qpic.cn/{len(self.pictures)}.jpg", "errcode": 0, "errmsg": "ok"}

    def _material_add_material(self, body: bytes) -> dict[str, object]:
        self.pictures.append(body)
        return {"media_id": f"COVER-{len(self.pictures)}", "url": "https://mmbiz.qpic.cn/cover.jpg"}

    def _draft_add(self, body: bytes) -> dict[str, object]:
        articles = json.loads(body.decode())["articles"]
        if not str(articles[0]["thumb_media_id"]).startswith("COVER-"):
            return {"errcode": 40007, "errmsg": "invalid media_id"}
        media_id = f"DRAFT-{len(self.calls)}"
        self.drafts[media_id] = articles[0]
        return {"media_id": media_id}

    def _freepublish_submit(self, body: bytes) -> dict[str, object]:
        draft = self.drafts.pop(json.loads(body)["media_id"], None)
        if draft is None:
            return {"errcode": 40007, "errmsg": "invalid media_id"}
        publish_id = f"10000000{len(self.tasks)}"
        self.tasks[publish_id] = {"article": draft, "looks": self.looks}
        return {"errcode": 0, "errmsg": "ok", "publish_id": publish_id, "msg_data_id": "1"}

    def _publish(self, publish_id: str) -> str:
        task = self.tasks[publish_id]
        url = f"https://mp.weixin.qq.com/s/{publish_id}"
        if not task.get("done") and self.status == 0:
            task["done"] = True
            self.articles.insert(
                0, {"article_id": f"A-{publish_id}", "content": {"news_item": [{**task["article"], "url": url}]}}
            )  # type: ignore[dict-item]
        return url

    def finish_all(self) -> None:
        """Let everything that was submitted be out."""
        for publish_id in self.tasks:
            self._publish(publish_id)

    def _freepublish_get(self, body: bytes) -> dict[str, object]:
        publish_id = json.loads(body)["publish_id"]
        task = self.tasks[publish_id]
        if int(str(task["looks"])) > 0:
            task["looks"] = int(str(task["looks"])) - 1
            return {"publish_id": publish_id, "publish_status": 1, "fail_idx": []}
        if self.status:
            return {"publish_id": publish_id, "publish_status": self.status, "fail_idx": [1]}
        url = self._publish(publish_id)
        detail = {"count": 1, "item": [{"idx": 1, "article_url": url}]}
        return {
            "publish_id": publish_id,
            "publish_status": 0,
            "article_id": f"A-{publish_id}",
            "article_detail": detail,
            "fail_idx": [],
        }

    def _freepublish_batchget(self, body: bytes) -> dict[str, object]:
        asked = json.loads(body)
        found = self.articles[asked["offset"] :][: asked["count"]]
        return {"total_count": len(self.articles), "item_count": len(found), "item": found}


class _Speaking(Wechat):
    """An account that prints what it is asked, and what is out."""

    def answer(self, asked: Asked) -> tuple[int, bytes] | None:
        """Answer one call, and say so."""
        known, said = len(self.articles), super().answer(asked)
        print(f"{self.calls[-1]:24} {said[1].decode()[:160] if said else 'no answer'}", flush=True)
        for article in self.articles[: len(self.articles) - known]:
            print(f"  is out: {article['content']['news_item'][0]['title']}", flush=True)  # type: ignore[index]
        return said


def main() -> None:
    """Serve until Ctrl-C."""
    account = _Speaking()
    with serving(account, port=PORT) as served:
        print(
            f"An official account answers at {served.base}: AppID {account.app_id}, AppSecret {account.secret}",
            flush=True,
        )
        threading.Event().wait()


if __name__ == "__main__":
    main()
