"""A place without a way in for programs: at its time the post is handed over to a person."""

from django.utils.translation import gettext_lazy as _

from .base import Job, Outcome, Plain


class ByHand(Plain):
    """Handed over when its time comes; who has posted it writes down where."""

    label = _("By hand")
    says = _(
        "For places without a way in for programs. At its time the post is handed to a person, who writes down where it is."
    )
    is_by_hand = True

    def step(self, job: Job) -> Outcome:
        """Never called: publishing hands such posts over."""
        return Outcome("refused", reason=_("Posts of this channel are published by hand."))
