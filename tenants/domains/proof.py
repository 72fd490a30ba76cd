"""What DNS, or a file on its web server, says about a domain."""

from dataclasses import dataclass

import dns.exception
import dns.resolver
from django.conf import settings
from django.utils.translation import gettext as _

from . import webfile
from .models import DomainClaim

# For all tries together; a page waits for it.
LIFETIME_S = 5.0


class DnsSilent(Exception):
    """DNS gave no answer, which says nothing about the claim."""


@dataclass(frozen=True)
class Finding:
    """Whether the proof stands in DNS, and if not, what a person should do about it."""

    is_proved: bool
    problem: str = ""


def look(claim: DomainClaim) -> Finding:
    """
    Ask DNS for the claim's record, and where it has none the domain's web server for the file. Never inside a transaction.

    :raises DnsSilent: no answer in time, or the domain's servers are broken
    """
    found = _in_dns(claim)
    return Finding(is_proved=True) if not found.is_proved and _in_file(claim) else found


def _in_file(claim: DomainClaim) -> bool:
    try:
        return webfile.read(claim.domain, _resolver()) == claim.record_value
    except webfile.NoFile:
        return False


def _in_dns(claim: DomainClaim) -> Finding:
    try:
        answer = _resolver().resolve(claim.record_name, "TXT", search=False)
    except (dns.resolver.NXDOMAIN, dns.resolver.NoAnswer):
        return Finding(
            is_proved=False,
            problem=_("DNS has no TXT record at %(name)s yet. A new record can take an hour to be seen.")
            % {"name": claim.record_name},
        )
    except (dns.exception.DNSException, OSError, ValueError) as error:
        raise DnsSilent from error
    texts = {b"".join(record.strings).decode("utf-8", "replace").strip() for record in answer}
    if claim.record_value in texts:
        return Finding(is_proved=True)
    return Finding(
        is_proved=False,
        problem=_("The TXT record at %(name)s says something else. It has to be exactly the value that is shown here.")
        % {"name": claim.record_name},
    )


def _resolver() -> dns.resolver.Resolver:
    """Return the machine's resolver, or one for the servers in the settings ("127.0.0.1:5353")."""
    if not settings.DNS_SERVERS:
        made = dns.resolver.Resolver()
    else:
        made = dns.resolver.Resolver(configure=False)
        pairs = [server.rpartition(":") if ":" in server else (server, "", "53") for server in settings.DNS_SERVERS]
        made.nameservers = [host for host, _colon, _port in pairs]
        made.nameserver_ports = {host: int(port) for host, _colon, port in pairs}
    made.lifetime = LIFETIME_S
    made.cache = None
    return made
