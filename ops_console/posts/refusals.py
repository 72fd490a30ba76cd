"""What the operations on posts and channels refuse with."""

from django.utils.translation import gettext_lazy as _

from saas.kernel.errors import DomainError


class PostRefused(DomainError):
    """The post cannot go that way."""

    code = "post_refused"


class MovedOn(PostRefused):
    """The post is in another state than the act needs: somebody was quicker."""

    code = "post_moved_on"
    message = _("This post is further on by now. Look at it again.")


class OtherVersion(PostRefused):
    """The post was edited after it was read."""

    code = "post_other_version"
    message = _("This post was changed after you opened it. Read it again before you answer.")


class NotOneself(PostRefused):
    """Whoever wrote a post does not approve it."""

    code = "post_not_oneself"
    message = _("A second person approves a post, not the one who wrote it.")


class TimeMissing(PostRefused):
    """A post needs a time before it can be scheduled."""

    code = "post_time_missing"
    message = _("Choose the day and time first.")


class TimeGone(PostRefused):
    """The time lies in the past, or more than a year ahead."""

    code = "post_time_gone"
    message = _("Choose a time from now on, within a year.")


class SlotTaken(PostRefused):
    """The channel's limit is reached (R5); `in_the_way` are titles with their times, `free_at` the next free slot."""

    code = "post_slot_taken"


class ContentRefused(PostRefused):
    """The channel does not take such a post: too long, without a picture."""

    code = "post_content_refused"


class ChannelRefused(DomainError):
    """The channel cannot be kept as it is."""

    code = "channel_refused"


class ChannelClosed(PostRefused):
    """The channel takes no more posts."""

    code = "post_channel_closed"
    message = _("This channel is closed. Choose another one.")


class MandateMissing(PostRefused):
    """No contract lets the agency publish for this mall now."""

    code = "post_mandate_missing"
    message = _("No contract in force lets the agency publish for this mall.")


class AnswerMissing(PostRefused):
    """Whoever asks for a change says which."""

    code = "post_answer_missing"
    message = _("Say what should change, so that it can be done.")


class OutcomeUnknown(PostRefused):
    """Nobody knows whether the post is out. A person looks and says."""

    code = "post_outcome_unknown"
    message = _("Nobody knows whether this post is out. Look on the channel, then say here whether it is there.")
