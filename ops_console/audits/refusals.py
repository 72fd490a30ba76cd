"""How audits refuse."""

from django.utils.translation import gettext_lazy as _

from saas.kernel.errors import DomainError


class StageDecided(DomainError):
    """Somebody else decided the stage first; the message says who."""

    code = "stage_decided"


class DealChanged(DomainError):
    """The deal was sent again while the page was open."""

    code = "deal_changed"
    message = _("The merchant has sent the deal again since you opened this page. Look at it as it is now.")


class CaseOver(DomainError):
    """Nothing is to be decided."""

    code = "case_over"
    message = _("This deal is not being audited just now.")


class RoleMissing(DomainError):
    """Another role passes this stage."""

    code = "role_missing"
    message = _("Your role does not decide this stage.")


class TwoGuardedStages(DomainError):
    """Nobody passes two guarded stages of one deal."""

    code = "two_guarded_stages"
    message = _("You have passed a guarded stage of this deal. Another person must pass this one.")


class OwnWork(DomainError):
    """Who wrote, changed or sent a deal does not pass its guarded stages."""

    code = "own_work"
    message = _("You wrote, changed or sent this deal yourself. Another person must pass this stage.")


class StagesOpen(DomainError):
    """The final stage comes last."""

    code = "stages_open"
    message = _("Other stages are still open. The final one comes after all of them.")


class EvidenceMissing(DomainError):
    """The stage cannot be passed on what is there; the message says what lacks."""

    code = "evidence_missing"


class WordsMissing(DomainError):
    """A refusal or a wish without words helps nobody."""

    code = "words_missing"
    message = _("Say what is wrong, so that the merchant can do something about it.")
