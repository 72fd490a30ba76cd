"""What a visit to a shop is scored by, 1 (poor) to 5 (excellent)."""

from django.utils.translation import gettext_lazy as _

SCORES = {
    "place": _("Place and access"),
    "product": _("What is sold, tried"),
    "service": _("Service and people"),
    "clean": _("Cleanliness"),
    "honest": _("As the deal says"),
}
LEAST, MOST = 1, 5
