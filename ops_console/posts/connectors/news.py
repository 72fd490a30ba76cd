"""The mall's own news: a notice in the mall, written by its own operation and known by the post's id."""

from django.utils.translation import gettext_lazy as _

from cms.news import operations as news
from tenants.isolation.addresses import mall_url
from tenants.isolation.entrance import inside
from tenants.registry import queries as registry

from .base import Job, Outcome, Plain


class MallNews(Plain):
    """A notice on the mall's home page and under /news/."""

    label = _("The mall's news")
    says = _("A notice on the mall's home page and under its news. It needs nothing.")

    def step(self, job: Job) -> Outcome:
        """Write the notice. Repeated it finds the one that is there."""
        draft = news.Draft(
            source=job.post,
            title=job.content.title,
            text=job.content.text,
            link=job.content.link,
            picture=job.picture,
            picture_says=job.content.picture_says,
        )
        domain = registry.primary_domain(job.tenant)
        with inside(job.tenant):
            slug = news.publish(draft=draft, by=job.by, now=job.now).slug
        return Outcome("published", url=mall_url(domain, f"/news/{slug}/"))
