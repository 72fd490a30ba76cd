"""E-mail to the mall's members who asked for its news: one letter each, a few at a time, written and sent inside the mall."""

from django.db.models import Q
from django.utils.translation import gettext as said
from django.utils.translation import gettext_lazy as _

from storefront.mailings import operations as mailings
from storefront.mailings import sending
from tenants.isolation.entrance import inside

from .base import Job, Limit, Outcome, Plain

AT_ONCE = 40
AWAY_S = 300


class MemberMail(Plain):
    """Letters to consenting members; addresses stay in the mall."""

    label = _("E-mail to members")
    says = _("A letter to each member who asked for the mall's news; at most one a day. It needs nothing.")
    limit = Limit(1, "day")
    permission = "members.message"

    def same_place(self, *, kind: str, tenant_id: int, settings: dict[str, str]) -> Q | None:
        """A mall has one list of members."""
        return Q(kind=kind, tenant=tenant_id)

    def step(self, job: Job) -> Outcome:
        """Send the next letters. Repeated or killed, no member gets a second one."""
        content = job.content
        draft = mailings.Draft(source=job.post, subject=content.title, text=content.text, link=content.link)
        try:
            with inside(job.tenant):
                mailing = mailings.begin(draft=draft, by=job.by, now=job.now)
                progress = sending.send_some(mailing=mailing, limit=AT_ONCE, now=job.now)
        except mailings.NoMembers as refusal:
            return Outcome("refused", reason=str(refusal))
        words = said("%(sent)d letters sent, %(left)d to go, %(refused)d refused, %(unknown)d unknown.") % {
            "sent": progress.sent, "left": progress.left, "refused": progress.refused, "unknown": progress.unknown,
        }  # fmt: skip
        if progress.is_server_away:
            return Outcome("later", reason=said("The mail server does not answer.") + f" {words}", after_s=AWAY_S)
        if not progress.is_over:
            return Outcome("going_on", reason=words, after_s=0 if progress.left > AT_ONCE else 1)
        if not progress.sent and not progress.unknown:
            return Outcome("refused", reason=said("No letter reached anybody.") + f" {words}")
        return Outcome("published", reason=words)
