"""Exhibits of what Django, Wagtail and django-tenants keep for a whole process, or by a name that malls share."""

import threading
from pathlib import Path
from typing import Any

from django.conf import settings
from django.contrib.contenttypes.models import ContentType
from django.contrib.sessions.backends.signed_cookies import SessionStore
from django.contrib.sites.models import Site
from django.core import signing
from django.core.cache import cache
from django.core.files.base import ContentFile
from django.db import connection
from django.template import Engine
from django.test import override_settings
from django_tenants.utils import schema_context
from wagtail.admin.utils import get_admin_base_url
from wagtail.contrib.forms.utils import get_form_types
from wagtail.models import Locale, Page
from wagtail.models import Site as WagtailSite

from tests.isolation.zoo.stock.exhibits import Seen, exhibit
from tests.isolation.zoo.stock.models import Inquiry, Note, Person, Photo, tries_left


@exhibit("C17")
def a_content_type() -> Seen:
    """One dictionary for the process: what another thread fills in answers here."""

    def another_fills() -> None:  # the switch empties the dictionary; what comes after it fills it for all
        connection.set_schema("beta")
        ContentType.objects.get_for_model(Note)

    with schema_context("alpha"):
        own = ContentType.objects.get_for_model(Note).pk
        found: list[int] = []

        def reader() -> None:
            connection.set_schema("alpha")
            filler = threading.Thread(target=lambda: (another_fills(), connection.close()))
            filler.start()
            filler.join()
            found.append(ContentType.objects.get_for_model(Note).pk)
            connection.close()

        thread = threading.Thread(target=reader)
        thread.start()
        thread.join()
    return Seen(found[0] != own, f"alpha's number is {own}, the process said {found[0]}")


@exhibit("C18")
def wagtails_form_types() -> Seen:
    """`get_form_types` remembers rows for ever."""
    found = {}
    for schema in ("alpha", "beta"):
        with schema_context(schema):
            remembered = {kind.pk for kind in get_form_types()}
            own = ContentType.objects.get_for_model(Inquiry).pk
            found[schema] = (remembered, own)
    remembered, own = found["beta"]
    return Seen(own not in remembered, f"beta's form type is {own}, remembered are {remembered}")


@exhibit("C19")
def the_current_site() -> Seen:
    """`Site.objects.get_current()` remembers by number, which all malls share."""
    with schema_context("alpha"):
        Site.objects.get_current()
    with schema_context("beta"):
        domain = Site.objects.get_current().domain
    return Seen(domain == "alpha.example", f"beta's site is {domain}")


@exhibit("C20")
def a_cache_key() -> Seen:
    """A cache without a key function is one for all malls."""
    with schema_context("alpha"):
        cache.set("greeting", "alpha's")
    with schema_context("beta"):
        text = cache.get("greeting")
    return Seen(text == "alpha's", f"beta found {text}")


@exhibit("C21")
def wagtails_root_paths() -> Seen:
    """Wagtail keeps the addresses of its sites under one key."""
    for schema in ("alpha", "beta"):
        with schema_context(schema):
            locale = Locale.objects.create(language_code="en")
            kind = ContentType.objects.get_for_model(Page)
            root = Page(title=schema, slug=schema, content_type=kind, locale=locale, path="0001", depth=1, url_path="/")
            models_save(root)
            site = WagtailSite(hostname=f"{schema}.example", root_page_id=root.pk, is_default_site=True)
            models_save(site)
    cache.delete("wagtail_site_root_paths")
    with schema_context("alpha"):
        WagtailSite.get_site_root_paths()
    with schema_context("beta"):
        found = [entry.root_url for entry in WagtailSite.get_site_root_paths()]
    return Seen(found == ["http://alpha.example"], f"beta's sites: {found}")


def models_save(row: Any) -> None:
    """Save a row without what Wagtail does around it."""
    row.save_base(raw=True, force_insert=True)


@exhibit("C22")
def a_signature_and_a_session() -> Seen:
    """One key signs for all malls: a text, and a session that lives in its cookie, hold everywhere."""
    with schema_context("alpha"):
        token = signing.dumps({"user": 1})
        session = SessionStore()
        session["user"] = 1
        session.save()
    with schema_context("beta"):
        loaded, user = signing.loads(token), SessionStore(session.session_key).load().get("user")
    return Seen(loaded == {"user": 1} and user == 1, f"beta takes alpha's token {loaded} and session of user {user}")


@exhibit("C29")
def a_file() -> Seen:
    """A row stores the name only; whose file that is depends on where the code is."""
    stored = {}
    for schema in ("alpha", "beta"):
        with schema_context(schema):
            photo = Photo()
            photo.file.save("menu.txt", ContentFile(f"{schema}'s".encode()))
            stored[schema] = photo
    with schema_context("beta"):
        text = stored["alpha"].file.storage.open(stored["alpha"].file.name).read().decode()
        stored["alpha"].file.delete(save=False)
        gone = not stored["beta"].file.storage.exists("menu.txt")
    return Seen(text == "beta's" and gone, f"alpha's row read {text}; deleting it removed beta's file: {gone}")


@exhibit("C30")
def a_direct_address() -> Seen:
    """Media that are served by path are served to every host."""
    from django.test import RequestFactory
    from django.views.static import serve

    path = Path(settings.MEDIA_ROOT) / "beta" / "private.txt"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("beta's")
    with schema_context("alpha"):
        request = RequestFactory().get("/", HTTP_HOST="alpha.example")
        answer = serve(request, "beta/private.txt", document_root=settings.MEDIA_ROOT)
    text = b"".join(answer.streaming_content).decode()  # type: ignore[attr-defined]
    return Seen(text == "beta's", f"alpha's host sent {text}")


@exhibit("C31")
def a_link_in_a_mail() -> Seen:
    """The address of the back office in mails is one setting for all malls."""
    with schema_context("beta"):
        address = get_admin_base_url()
    return Seen(address == "http://alpha.example", f"beta's mails link to {address}")


@exhibit("C37")
def a_template() -> Seen:
    """The loader's cache tells malls apart only when the tenant is a model, which `schema_context` does not set."""
    for schema in ("alpha", "beta"):
        folder = Path(settings.MEDIA_ROOT) / "templates" / schema
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "banner.html").write_text(f"{schema}'s")
    with override_settings(MULTITENANT_TEMPLATE_DIRS=[f"{settings.MEDIA_ROOT}/templates/%s"]):
        loaders = [
            ("django_tenants.template.loaders.cached.Loader", ["django_tenants.template.loaders.filesystem.Loader"])
        ]
        engine = Engine(loaders=loaders)
        with schema_context("alpha"):
            engine.get_template("banner.html")
        with schema_context("beta"):
            template = engine.get_template("banner.html")
    return Seen(template.source == "alpha's", f"beta's banner is {template.source}")


@exhibit("C41")
def a_shared_person() -> Seen:
    """What a person may do is remembered on the object, whichever mall asks next."""
    person = Person.objects.create(name="staff", password="!")
    with schema_context("alpha"):
        Note.objects.create(text="let staff in")
        allowed = person.may_see_money()
        Note.objects.filter(text="let staff in").delete()
    with schema_context("beta"):
        return Seen(allowed and person.may_see_money(), "beta shows its money to whom alpha let in")


@exhibit("C42")
def a_count_of_guesses() -> Seen:
    """django-tenants' key function counts guesses for each mall, so one who rotates malls has as many limits."""
    with override_settings(
        CACHES={
            "default": {
                "BACKEND": "django.core.cache.backends.locmem.LocMemCache",
                "KEY_FUNCTION": "django_tenants.cache.make_key",
                "LOCATION": "guesses",
            }
        }
    ):
        allowed = 0
        for schema in ("alpha", "beta"):
            with schema_context(schema):
                allowed += sum(tries_left(limit=5) >= 0 for _guess in range(6))
    return Seen(allowed > 5, f"{allowed} guesses with a limit of 5")
