"""The starter kits, one file for each trade."""

from cms.kits.shape import Kit
from tenants.registry.models import Trade

from . import cinema, convenience, home, restaurant, salon

KITS: dict[str, Kit] = {
    Trade.RESTAURANT: restaurant.KIT,
    Trade.SALON: salon.KIT,
    Trade.CINEMA: cinema.KIT,
    Trade.HOME: home.KIT,
    Trade.CONVENIENCE: convenience.KIT,
}
