"""
When vouchers are valid (X10).

Days after the purchase are counted in the mall's calendar: a voucher bought on 1 March that is valid for 30 days works through the
whole of 31 March, mall time. Stored is the rule and, with the voucher, the computed instant. Ends are exclusive.
"""

from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from storefront.stores import moments


@dataclass(frozen=True)
class Rule:
    """From `from_at` (null: from the issue) until `until_at`, or through `days` days after the issue; one of the two is set."""

    from_at: datetime | None
    until_at: datetime | None
    days: int | None

    def span(self, *, issued_at: datetime, zone: str) -> tuple[datetime, datetime]:
        """Return from when (inclusive) until when (exclusive) a voucher issued at `issued_at` is valid."""
        starts_at = max(issued_at, self.from_at) if self.from_at else issued_at
        if self.until_at is not None:
            return starts_at, self.until_at
        last_day = issued_at.astimezone(ZoneInfo(zone)).date() + timedelta(days=self.days or 0)
        midnight = datetime.combine(last_day + timedelta(days=1), time(), tzinfo=ZoneInfo(zone))
        return starts_at, midnight.astimezone(issued_at.tzinfo)

    def leaves_time(self, *, issued_at: datetime, zone: str) -> bool:
        """Tell whether a voucher issued at `issued_at` could be used at all."""
        starts_at, ends_at = self.span(issued_at=issued_at, zone=zone)
        return starts_at < ends_at

    def as_json(self) -> dict[str, object]:
        """Return the rule as it is frozen into an order line's offer."""
        return {
            "valid_from_at": self.from_at.isoformat() if self.from_at else None,
            "valid_until_at": self.until_at.isoformat() if self.until_at else None,
            "valid_days": self.days,
        }


def rule_of(offer: dict[str, Any]) -> Rule:
    """Read the rule back from an order line's offer."""
    return Rule(
        from_at=_instant(offer.get("valid_from_at")),
        until_at=_instant(offer.get("valid_until_at")),
        days=offer.get("valid_days"),
    )


def _instant(text: str | None) -> datetime | None:
    return parse_datetime(text) if text else None


def words(rule: Rule) -> str:
    """Write the rule for people: "Until Sun, Feb 28, 2027", "90 days from purchase"."""
    if rule.until_at is not None:
        until = _("until %(date)s") % {"date": moments.end(rule.until_at)}
    else:
        until = ngettext("%(count)d day from purchase", "%(count)d days from purchase", rule.days or 0) % {
            "count": rule.days or 0
        }
    if rule.from_at is None:
        return until[:1].upper() + until[1:]
    return _("From %(date)s, %(until)s") % {"date": moments.day(rule.from_at), "until": until}
