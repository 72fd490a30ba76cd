"""What a mall still owes its shoppers. While it owes, its erasure waits (X2, M20)."""

from dataclasses import dataclass

from django.conf import settings
from django.utils.module_loading import import_string
from django.utils.translation import gettext as said
from django.utils.translation import gettext_lazy as _

from saas.kernel.errors import Busy
from saas.ui.formats import format_money, listed
from tenants.isolation.entrance import inside
from tenants.registry.models import Tenant


@dataclass(frozen=True)
class Owed:
    """
    What is owed in one currency: paid vouchers that nobody has used, and refunds that were asked for and are not back. Sums are in
    minor units.
    """

    currency: str
    vouchers: int
    vouchers_minor: int
    refunds: int
    refunds_minor: int

    @property
    def amount_minor(self) -> int:
        """All of it."""
        return self.vouchers_minor + self.refunds_minor


class StillOwes(Busy):
    """Shoppers have paid for vouchers that they have not used, or wait for their money."""

    message = _("Shoppers' money is still in this mall; the erasure waits until it is used or back.")


def of_mall(tenant: Tenant) -> list[Owed]:
    """Return what a mall owes its shoppers, by currency; nothing when it is even. From the platform or inside the mall."""
    with inside(tenant):
        found = [one for path in settings.MALL_OWES for one in import_string(path)()]
    return [one for one in found if one.vouchers or one.refunds]


def refuse(tenant: Tenant) -> None:
    """
    Refuse to go on while the mall owes its shoppers something.

    :raises StillOwes: it does; its text says how much
    """
    found = of_mall(tenant)
    if not found:
        return
    facts = {
        "vouchers": sum(one.vouchers for one in found),
        "refunds": sum(one.refunds for one in found),
        "amount": listed([format_money(one.amount_minor, one.currency) for one in found]),
    }
    words = said(
        "Paid vouchers unused: %(vouchers)d; refunds not back: %(refunds)d; together %(amount)s. The erasure waits."
    )
    raise StillOwes(words % facts)
