"""Downloads of archives: by a link that lives minutes, for the person who asked for it, each noted."""

from datetime import datetime, timedelta

from django.http import FileResponse, Http404

from saas.kernel.actors import Actor
from tenants.isolation import signing
from tenants.isolation.entrance import inside, on_platform
from tenants.isolation.storage import media

from . import operations
from .models import MallExport

PURPOSE, AGE = "archive", timedelta(minutes=5)


def token_for(*, export: MallExport, by: Actor) -> str:
    """Return a text that opens the archive for this person within `AGE`, in the schema that it was made in."""
    return signing.sign_for_now(f"{export.public_id}.{by.public_id}", purpose=PURPOSE)


def answer(*, token: str, by: Actor, now: datetime, tenant_id: int | None = None) -> FileResponse:
    """
    Send the archive that a token names, in pieces, and note the download. With `tenant_id`, only an archive of that mall.

    :raises Http404: the token is too old, somebody else's or another place's, or the archive is gone
    """
    try:
        export_id, _dot, person = signing.unsign_within(token, purpose=PURPOSE, age=AGE).partition(".")
    except signing.BadSignature as error:
        raise Http404 from error
    with on_platform():
        found = MallExport.objects.select_related("tenant").filter(public_id=export_id).first()
        if found is None or person != by.public_id or not found.is_there or tenant_id not in (None, found.tenant_id):
            raise Http404
        try:
            with inside(found.tenant):
                file = media.reader(found.key)
        except FileNotFoundError as error:
            raise Http404 from error
        operations.note_taken(export=found, by=by, now=now)
    response = FileResponse(
        file, as_attachment=True, filename=found.key.rpartition("/")[2], content_type="application/zip"
    )
    response.headers["Content-Length"] = str(found.size_bytes)
    response.headers["Cache-Control"] = "private, no-store"
    response.headers["Referrer-Policy"] = "no-referrer"
    return response
