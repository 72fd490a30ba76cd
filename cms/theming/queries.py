"""What every page of a mall needs to know about its looks."""

from dataclasses import dataclass

from cms.media import queries as media
from tenants.isolation import current

from .models import DEFAULT_ACCENT, DEFAULT_BRAND, Theme


@dataclass(frozen=True)
class Face:
    """The mall's name, signs and contact as templates read them; `currency` is lower case, `time_zone` an IANA name."""

    name: str
    tagline: str
    logo_url: str | None
    phone: str
    email: str
    currency: str
    time_zone: str
    theme_version: str
    theme_url: str


def theme() -> Theme:
    """Return the mall's theme; before one is planted, an unsaved one with the default colours."""
    found = Theme.objects.select_related("logo").annotate(small_logo=media.small_logo("logo")).order_by("pk").first()
    return found or Theme(name=current.mall().name, brand_colour=DEFAULT_BRAND, accent_colour=DEFAULT_ACCENT)


def face() -> Face:
    """Return the mall's face. One query."""
    row, tenant = theme(), current.mall()
    version = f"{row.updated_at.timestamp():.0f}" if row.updated_at else "0"
    return Face(
        name=row.name,
        tagline=row.tagline,
        logo_url=media.logo_address(row.logo, getattr(row, "small_logo", None)) if row.logo else None,
        phone=row.phone.as_international if row.phone else "",
        email=row.email,
        currency=tenant.currency,
        time_zone=tenant.time_zone,
        theme_version=version,
        theme_url=f"/theme.css?v={version}",
    )
