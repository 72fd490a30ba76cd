"""Reads a position on earth out of what people paste: a link of a map, or two numbers."""

import re
from decimal import Decimal

from django.utils.translation import gettext_lazy as _

from saas.kernel.errors import DomainError

_NUMBER = r"(-?[0-9]{1,3}(?:\.[0-9]{1,15})?)"
# From the most exact to the least: a pin before the middle of the map that is shown.
_PATTERNS = (
    rf"!3d{_NUMBER}!4d{_NUMBER}",
    rf"[?&]mlat={_NUMBER}&mlon={_NUMBER}",
    rf"[?&](?:q|query|ll|daddr|destination|center|sll|location|position)=(?:loc:)?{_NUMBER}(?:,|%2C|\+|\s)+{_NUMBER}",
    rf"@{_NUMBER},{_NUMBER}",
    rf"#map=\d+/{_NUMBER}/{_NUMBER}",
    rf"^geo:{_NUMBER},{_NUMBER}",
    rf"^\s*{_NUMBER}\s*[,;\s]\s*{_NUMBER}\s*$",
)


class PositionRefused(DomainError):
    """There is no position in the text."""

    code = "position_refused"
    message = _(
        "There is no position in this link. Open the place on the map, and copy the long link from the address bar; short links hold none."
    )


def read(text: str) -> tuple[Decimal, Decimal]:
    """
    Return latitude and longitude with six digits (about 10 cm).

    :raises PositionRefused: none is in the text, or it is not on earth
    """
    for pattern in _PATTERNS:
        if match := re.search(pattern, text[:2000], re.ASCII):
            latitude, longitude = (Decimal(part).quantize(Decimal("0.000001")) for part in match.groups())
            if abs(latitude) <= 90 and abs(longitude) <= 180:
                return latitude, longitude
    raise PositionRefused
