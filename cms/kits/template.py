"""
What every mall starts with, put into the template before it is recorded, so that each new mall gets it by the copy: roles, the
tree of pages with the texts that no trade changes, one site, no sample content of Wagtail's.
"""

from django.conf import settings
from wagtail.models import Page, Site, Task, Workflow

from cms.backoffice import roles
from cms.pages.models import DealIndexPage, HomePage, PlainPage

from . import common

# What this module fills the template from, beside itself: when one of these changes, the template is built anew.
MADE_FROM = ("cms.kits.common", "cms.backoffice.roles")
# A host that no browser reaches (RFC 2606), until the mall is planted.
NOBODY = "mall.invalid"


def finish() -> None:
    """Fill the template. Runs inside its schema, once for each release."""
    _remove_samples()
    _plant_pages()
    roles.ensure_roles()


def _remove_samples() -> None:
    Workflow.objects.all().delete()
    Task.objects.all().delete()
    Site.objects.all().delete()
    for page in Page.objects.filter(depth=2):
        page.delete()


def _plant_pages() -> None:
    root = Page.get_first_root_node()
    home = root.add_child(instance=HomePage(title="Home", slug="mall"))
    home.add_child(instance=DealIndexPage(title="Deals", slug="deals"))
    for slug, title in common.PLAIN_PAGES:
        home.add_child(
            instance=PlainPage(title=title, slug=slug, show_in_menus=True, body=common.stream(common.BODIES[slug], {}))
        )
    Site.objects.create(hostname=NOBODY, port=int(settings.PUBLIC_PORT or 443), root_page=home, is_default_site=True)
