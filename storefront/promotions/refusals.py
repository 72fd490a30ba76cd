"""Why a promotion code is refused. Each says to the shopper what to do; nothing has changed."""

from typing import Any, cast

from django.utils.translation import gettext_lazy as _

from saas.kernel.errors import DomainError


class PromotionRefused(DomainError):
    """A code cannot be used for this order now."""

    code = "promotion_refused"
    message = _("This code cannot be used here.")


class CodeUnknown(PromotionRefused):
    """No promotion has the code, or it is not agreed, or it was stopped."""

    code = "promotion_unknown"
    message = _("We do not know this code. Please check how it is written, or buy without it.")


class CodeNotYet(PromotionRefused):
    """The promotion has not begun."""

    code = "promotion_not_yet"
    message = _("This code is not valid yet.")


class CodeOver(PromotionRefused):
    """The promotion has ended."""

    code = "promotion_over"
    message = _("This code is over.")


class NotForThis(PromotionRefused):
    """The promotion is for other deals."""

    code = "promotion_not_for_this"
    message = _("This code is for other deals, not for this one.")


class BelowMinimum(PromotionRefused):
    """The order is worth less than the promotion asks for. `minimum_minor` says how much it must be."""

    code = "promotion_below_minimum"


class UsedUp(PromotionRefused):
    """All uses are taken, or the budget does not hold this one."""

    code = "promotion_used_up"
    message = _("This code has been used up.")


class UsedByYou(PromotionRefused):
    """The shopper has used it as often as one person may. `limit` says how often."""

    code = "promotion_used_by_you"


class OnlyFirstOrder(PromotionRefused):
    """The shopper has ordered here before."""

    code = "promotion_only_first_order"
    message = _("This code is for a first order, and you have ordered here before.")


class TooLittleLeft(PromotionRefused):
    """What is left to pay is less than the least card payment, but not nothing. `left_minor` and `least_minor` say how much."""

    code = "promotion_too_little_left"


class TooManyCodes(PromotionRefused):
    """Too many codes were tried from here."""

    code = "promotion_too_many_codes"
    message = _("Too many codes were tried. Please wait a few minutes, or buy without a code.")


class PromotionInvalid(DomainError):
    """A promotion that makes no sense; `problems` say what."""

    code = "promotion_invalid"

    @property
    def problems(self) -> list[Any]:
        """What is wrong: `checks.Problem`s, in the order of the form."""
        return list(cast("list[Any]", self.data["problems"]))


class PromotionDecided(DomainError):
    """It was answered, withdrawn or stopped before."""

    code = "promotion_decided"
    message = _("This was decided before. Look at the page again to see how.")


class PromotionLapsed(PromotionDecided):
    """Nobody answered within `settings.OFFER_DAYS`."""

    code = "promotion_lapsed"
    message = _("Nobody answered this in time, so it was withdrawn. Nothing has changed; ask for a new one.")


class PromotionChanged(DomainError):
    """It takes off something else by now than who answers has read."""

    code = "promotion_changed"
    message = _("This promotion was changed after you opened the page. Look at it as it is now before you agree.")


class PromotionFixed(DomainError):
    """It is agreed with the platform and is changed only by a new one."""

    code = "promotion_fixed"
    message = _("This promotion was agreed with the platform. It can be stopped, but not changed.")


class OnlyThePlatform(DomainError):
    """What the platform bears is offered by the platform's people, never by the merchant alone (M10)."""

    code = "only_the_platform"
    message = _("Only the platform's people can offer this.")


class AnotherPersonNeeded(DomainError):
    """A large promotion needs a second person, who is not the one that made it (A4)."""

    code = "another_person_needed"
    message = _("A promotion this large needs the yes of a second person.")
