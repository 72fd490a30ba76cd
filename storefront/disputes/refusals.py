"""Why a dispute is not answered. Nothing has changed."""

from django.utils.translation import gettext_lazy as _

from saas.kernel.errors import DomainError


class UnknownDispute(DomainError):
    """This mall has no such dispute."""

    code = "unknown_dispute"
    message = _("There is no such dispute here.")


class DisputeDecided(DomainError):
    """The bank has decided, or the dispute was accepted."""

    code = "dispute_decided"
    message = _("This dispute is closed. Nothing can be added to it any more.")


class EvidenceSent(DomainError):
    """Evidence goes to the bank once."""

    code = "evidence_sent"
    message = _("The evidence is with the bank already. It can be sent only once.")


class EvidenceTooLate(DomainError):
    """The bank's deadline has passed. Data: `answer_until_at`."""

    code = "evidence_too_late"
    message = _("The bank's deadline has passed. It takes no evidence any more.")


class EvidenceMissing(DomainError):
    """There is no saved evidence to send."""

    code = "evidence_missing"
    message = _("Save the evidence first, read it once more, then send it.")


class EvidenceTooLong(DomainError):
    """Banks take so many characters and no more. Data: `field`, `limit`."""

    code = "evidence_too_long"
    message = _("The text is too long: 20,000 characters in one field, 150,000 in all.")


class EvidenceChanged(DomainError):
    """Somebody saved another version since the page was opened."""

    code = "evidence_changed"
    message = _("Somebody saved another version meanwhile. Read it before you send it.")


class NoteMissing(DomainError):
    """The merchant wrote nothing."""

    code = "note_missing"
    message = _("Write what you know about this purchase.")
