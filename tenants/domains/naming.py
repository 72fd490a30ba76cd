"""What may be a mall's own domain, and what it looks like."""

import ipaddress
import re
import unicodedata
from collections.abc import Iterable

import idna
from django.conf import settings
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from saas.kernel.errors import DomainError

LONGEST = 253
# Names that no public DNS answers for (RFC 6761, RFC 6762, RFC 8375, RFC 9476).
NEVER = frozenset("localhost local internal invalid onion arpa alt home lan corp".split())
# Letters of other scripts that look like Latin ones (from Unicode's confusables, https://www.unicode.org/reports/tr39/).
_LOOKS = str.maketrans(
    dict(
        zip(
            "аеорсухіјѕһԁԛԝвкмнтгпαοερτυνικβγωηӏ01",
            "aeopcyxijshdqwbkmhtrnaoeptuvikbywnloi",
            strict=True,
        )
    )
)


class NameRefused(DomainError):
    """The text cannot be a mall's own domain."""

    code = "domain_name_refused"
    message = gettext_lazy("Write a domain name such as shop.example.com.")


def normalise(typed: str) -> str:
    """
    Return the domain in what a person typed as DNS has it: lower case, punycode, without scheme and trailing dot.

    :raises NameRefused: no domain, an address of a machine, with a port or a path, the platform's own, or one that nobody can own
    """
    text = unicodedata.normalize("NFKC", typed).strip().lower()
    text = re.sub(r"^https?://", "", text).removesuffix("/").removesuffix(".")
    if not text or len(text) > LONGEST or re.search(r"[\s/?#@*\\]", text):
        raise NameRefused
    if ":" in text:
        raise NameRefused(_("Write the name without a port: %(name)s.") % {"name": text.partition(":")[0][:100]})
    _refuse_machine(text)
    try:
        name = idna.encode(text, uts46=True, std3_rules=True).decode("ascii").lower()
    except idna.IDNAError as error:
        raise NameRefused(
            _("“%(name)s” is no domain name: it has letters that a name cannot have.") % {"name": text[:100]}
        ) from error
    _refuse_reserved(name)
    return name


def _refuse_machine(text: str) -> None:
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return
    raise NameRefused(_("That is the address of a machine. Write a domain name such as shop.example.com."))


def _refuse_reserved(name: str) -> None:
    labels = name.split(".")
    if len(labels) < 2:
        raise NameRefused(_("A domain name has at least two parts, such as example.com."))
    for own in (settings.BASE_DOMAIN, *settings.PLATFORM_HOSTS):
        if name == own or name.endswith(f".{own}"):
            raise NameRefused(
                _("%(name)s belongs to the platform. Malls get their address there when they open.") % {"name": name}
            )
    if labels[-1] in NEVER:
        raise NameRefused(
            _("Names under .%(end)s are not public, so nobody could reach your mall there.") % {"end": labels[-1]}
        )
    if labels[0] == "_hutong" or any(label.startswith("_") for label in labels):
        raise NameRefused


def shown(name: str) -> str:
    """Return a name in its own letters."""
    try:
        return idna.decode(name)
    except idna.IDNAError:
        return name


def warning(name: str, *, others: Iterable[str]) -> str:
    """Return why a person should look at the name: mixed scripts, or letters that make it look like one of `others`; else ""."""
    readable = shown(name)
    for label in readable.split("."):
        scripts = {unicodedata.name(letter, "?").split(" ")[0] for letter in label if letter.isalpha()}
        if "LATIN" in scripts and scripts & {"CYRILLIC", "GREEK", "ARMENIAN", "CHEROKEE"}:
            return _("Letters of several alphabets are mixed in “%(label)s”.") % {"label": label}
    look = skeleton(readable)
    for other in others:
        if other != name and skeleton(shown(other)) == look:
            return _("It looks like %(other)s.") % {"other": shown(other)}
    return ""


def skeleton(readable: str) -> str:
    """Return what a name looks like at a glance: without accents, look-alikes made one."""
    plain = "".join(sign for sign in unicodedata.normalize("NFKD", readable.lower()) if not unicodedata.combining(sign))
    return plain.translate(_LOOKS).replace("rn", "m").replace("vv", "w").replace("i", "l")
