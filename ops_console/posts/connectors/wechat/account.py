"""
A WeChat official account as a channel: pictures, draft, submitted, asked until it is out. One call that counts in each step.

Only `freepublish/submit` makes something public. When nobody knows whether it arrived, the published articles are searched for
the one whose source address carries the post's id, and nothing is submitted again. What was submitted may be out from then on: it is
asked for to its end, whatever fails meanwhile.
"""

from typing import Any

from django.db.models import Q
from django.utils.html import escape
from django.utils.translation import gettext as said
from django.utils.translation import gettext_lazy as _

from ops_console.posts.connectors.base import Content, Job, Limit, Outcome, Plain, Setting
from saas.kernel import outgoing
from tenants.isolation.addresses import mall_url
from tenants.registry import queries as registry

from . import wire
from .words import AGAIN_S, STATUSES, refusal

TITLE, TEXT = 32, 19_000
ASK_S, RETRY_S = 20, 120
DONE, UNDER_WAY = 0, 1
# WeChat counts sends by days and months of China, wherever the mall is: they begin anew at midnight there.
ZONE = "Asia/Shanghai"


class _OfficialAccount(Plain):
    """What both kinds of accounts share."""

    settings = (
        Setting("app_id", _("AppID"), _("From the account's page “Basic configuration”.")),
        Setting(
            "secret",
            _("AppSecret"),
            _("From the same page. This server's address must stand on its IP whitelist."),
            is_secret=True,
        ),
        Setting("author", _("Author's name"), _("Stands under the title; at most 16 characters."), is_needed=False),
    )

    def problems(self, content: Content) -> list[str]:
        """Return what WeChat would refuse: it wants a cover, and short titles."""
        found = []
        if len(content.title) > TITLE:
            found.append(said("WeChat takes titles of at most %(most)d characters.") % {"most": TITLE})
        if len(content.text) > TEXT:
            found.append(said("WeChat takes texts of at most %(most)d characters.") % {"most": TEXT})
        if not content.has_picture:
            found.append(said("WeChat wants a picture as the cover."))
        return found

    def same_place(self, *, kind: str, tenant_id: int, settings: dict[str, str]) -> Q | None:
        """An account is one place, whatever channels of whichever malls name it."""
        return Q(settings__app_id=settings["app_id"]) if settings.get("app_id") else None

    def step(self, job: Job) -> Outcome:
        """Take the next step; see the module."""
        account = wire.Account(job.settings.get("app_id", ""), job.secrets.get("secret", ""))
        is_submitted = "publish_id" in job.progress
        is_submitting = "draft" in job.progress and not is_submitted
        # It may be out already: whatever goes wrong with asking says nothing of that.
        is_looking = is_submitted or (is_submitting and job.is_unsure)
        if not account.secret:
            missing = said("The AppSecret is missing. Enter it again.")
            return Outcome("unsure" if is_looking else "refused", reason=missing, after_s=RETRY_S)
        try:
            return _next(account, job)
        except wire.WechatRefused as error:
            pause_s = AGAIN_S.get(error.code, 0)
            if is_looking:
                return Outcome("unsure", reason=refusal(error), after_s=pause_s or RETRY_S)
            return Outcome("later" if pause_s else "refused", reason=refusal(error), after_s=pause_s)
        except outgoing.NotSent as error:
            return Outcome("unsure" if is_looking else "later", reason=str(error), after_s=RETRY_S)
        except outgoing.NoAnswer as error:
            is_unknown = is_submitting or is_looking
            return Outcome("unsure" if is_unknown else "later", reason=str(error), after_s=RETRY_S)


class SubscriptionAccount(_OfficialAccount):
    """Reaches its followers once a day."""

    label = _("WeChat subscription account")
    says = _("Publishes articles by WeChat's own interface, one a day. It needs AppID and AppSecret.")
    limit = Limit(1, "day", ZONE)


class ServiceAccount(_OfficialAccount):
    """Reaches each of its followers four times a month."""

    label = _("WeChat service account")
    says = _("Publishes articles by WeChat's own interface, four a month. It needs AppID and AppSecret.")
    limit = Limit(4, "month", ZONE)


def _next(account: wire.Account, job: Job) -> Outcome:
    known = job.progress
    if "image_url" not in known:
        answer = wire.upload(account, "/cgi-bin/media/uploadimg", job.picture)
        return Outcome("going_on", progress={"image_url": _given(answer, "url")})
    if "cover" not in known:
        answer = wire.upload(account, "/cgi-bin/material/add_material?type=image", job.picture)
        return Outcome("going_on", progress={"cover": _given(answer, "media_id")})
    if "draft" not in known:
        answer = wire.post(account, "/cgi-bin/draft/add", {"articles": [_article(job)]})
        return Outcome("going_on", progress={"draft": _given(answer, "media_id")})
    if "publish_id" not in known:
        return _look_for(account, job) if job.is_unsure else _submit(account, job)
    return _ask(account, job)


def _given(answer: dict[str, Any], name: str) -> str:
    if not answer.get(name):
        raise outgoing.NoAnswer(_("WeChat did not answer as it is documented."))
    return str(answer[name])


def _article(job: Job) -> dict[str, Any]:
    parts = [
        f"<p>{escape(part).replace(chr(10), '<br>')}</p>" for part in job.content.text.split("\n\n") if part.strip()
    ]
    shown = f'<p><img src="{escape(job.progress["image_url"])}" alt="{escape(job.content.picture_says)}"></p>'
    return {
        "title": job.content.title,
        "author": job.settings.get("author", "")[:16],
        "content": shown + "".join(parts),
        "content_source_url": _source(job),
        "thumb_media_id": job.progress["cover"],
        "need_open_comment": 0,
    }


def _source(job: Job) -> str:
    """Return the address under “Read more”: the link, or the mall, with the post's id, by which the article is known again."""
    address = job.content.link or mall_url(registry.primary_domain(job.tenant), "/")
    address, hash_, rest = address.partition("#")
    return f"{address}{'&' if '?' in address else '?'}post={job.post}{hash_}{rest}"


def _submit(account: wire.Account, job: Job) -> Outcome:
    answer = wire.post(account, "/cgi-bin/freepublish/submit", {"media_id": job.progress["draft"]})
    return Outcome("unsure", after_s=ASK_S, progress={"publish_id": _given(answer, "publish_id")})


def _ask(account: wire.Account, job: Job) -> Outcome:
    answer = wire.post(account, "/cgi-bin/freepublish/get", {"publish_id": job.progress["publish_id"]})
    status = int(answer.get("publish_status", UNDER_WAY))
    if status == UNDER_WAY:
        return Outcome("unsure", reason=said("WeChat is publishing it."), after_s=ASK_S)
    if status == DONE:
        articles = (answer.get("article_detail") or {}).get("item") or [{}]
        return Outcome("published", url=str(articles[0].get("article_url", "")))
    return Outcome("refused", reason=str(STATUSES.get(status, said("WeChat did not publish it."))))


def _look_for(account: wire.Account, job: Job) -> Outcome:
    """Look for the article among those that are out; not finding it says nothing, because publishing takes its time."""
    asked = {"offset": 0, "count": 20, "no_content": 1}
    answer = wire.post(account, "/cgi-bin/freepublish/batchget", asked)
    for found in answer.get("item") or []:
        for article in (found.get("content") or {}).get("news_item") or []:
            if job.post in str(article.get("content_source_url", "")):
                return Outcome("published", url=str(article.get("url", "")))
    words = said("It is not among the account's published articles yet.")
    return Outcome("unsure", reason=words, after_s=RETRY_S)
