"""Names of schemas and addresses of malls."""

import re
import unicodedata

from django.utils.translation import gettext_lazy as _

from saas.kernel.errors import DomainError
from saas.kernel.ids import random_id

# The schema that holds what a new mall is copied from. Opaque like every other, so that its name occurs nowhere by chance.
TEMPLATE_SCHEMA = "m_00template000000"
# Where the template is built anew, before it takes its place.
BUILDING_SCHEMA = "m_00building000000"
RESERVED = frozenset(
    "www api app admin administrator ops console platform hutong mail smtp imap ftp ns ns1 ns2 static media assets cdn help support "
    "status blog docs developer developers account accounts login signin signup billing pay payments stripe webhook webhooks test "
    "demo staging root system public internal security abuse postmaster hostmaster webmaster localhost lane malls mall shop".split()
)
MAXIMUM_SLUG = 40


class AddressRefused(DomainError):
    """The address cannot be a mall's."""

    code = "address_refused"
    message = _("Please choose another address.")


def schema_name() -> str:
    """Return a new schema name: `m_` and 16 random characters, 80 bits."""
    return f"m_{random_id(16)}"


def host_in(header: str) -> str:
    """Return the host of a Host header: lower case, without port and without the one trailing dot that a whole name may have."""
    return header.rsplit(":", 1)[0].removesuffix(".").lower()


def slug_for(name: str) -> str:
    """Return the address that a business name suggests: lower-case letters, digits, hyphens; maybe empty."""
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    return re.sub(r"[^a-z0-9]+", "-", plain).strip("-")[:MAXIMUM_SLUG].strip("-")


def check_slug(slug: str) -> str:
    """
    Return the address if a mall may have it.

    :raises AddressRefused: wrong letters, too short or long, or reserved for the platform
    """
    if not re.fullmatch(r"[a-z0-9](?:[a-z0-9-]{1,38}[a-z0-9])", slug):
        raise AddressRefused(
            _("An address has 3 to 40 letters a–z, digits and hyphens, and starts and ends with a letter or digit.")
        )
    if slug in RESERVED or slug.startswith("xn--"):
        raise AddressRefused(_("The address “%(slug)s” is reserved. Please choose another.") % {"slug": slug})
    return slug
