"""The errors that a domain operation refuses with. They carry data for people, never HTTP."""

from django.utils.translation import gettext_lazy as _


class DomainError(Exception):
    """
    An operation refused, and nothing has changed.

    `message` says to the person who asked what happened and what to do; `code` names the refusal for machines.
    """

    code = "refused"
    message: object = _("That could not be done.")

    def __init__(self, message: object = "", **data: object) -> None:
        if message:
            self.message = message
        self.data = data
        super().__init__(str(self.message))

    def __str__(self) -> str:
        return str(self.message)


class Busy(DomainError):
    """Somebody else held a lock for too long. Nothing has changed; the same request may be sent again."""

    code = "busy"
    message = _("Somebody else is changing this right now. Nothing has changed; please try again.")
