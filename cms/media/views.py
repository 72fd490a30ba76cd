"""The mall's media over HTTP."""

from pathlib import PurePosixPath
from typing import BinaryIO, cast

from django.core.exceptions import SuspiciousFileOperation
from django.core.files.storage import default_storage
from django.http import FileResponse, Http404, HttpRequest, HttpResponseBase
from django.views.decorators.http import require_safe

from saas.kernel.database import connection

# What a browser may show by itself. Anything else, HTML and SVG above all, is only ever downloaded.
SHOWN = {
    ".avif": "image/avif",
    ".gif": "image/gif",
    ".jpeg": "image/jpeg",
    ".jpg": "image/jpeg",
    ".png": "image/png",
    ".webp": "image/webp",
}
# Folders that anybody may read. Imports, documents and whatever comes later have their own views with their own rules.
PUBLIC_FOLDERS = ("images", "original_images")
YEAR_S = 365 * 24 * 3600


@require_safe
def serve(_request: HttpRequest, schema: str, name: str) -> HttpResponseBase:
    """Send a picture of this mall; 404 for another mall's, for other folders, and for what does not exist."""
    folder, suffix = name.partition("/")[0], PurePosixPath(name).suffix.lower()
    if schema != connection.schema_name or folder not in PUBLIC_FOLDERS or {"..", ""} & set(name.split("/")):
        raise Http404
    try:
        file = cast("BinaryIO", default_storage.open(f"{schema}/{name}"))
    except (OSError, ValueError, SuspiciousFileOperation) as error:
        raise Http404 from error
    response = FileResponse(
        file, content_type=SHOWN.get(suffix, "application/octet-stream"), as_attachment=suffix not in SHOWN
    )
    # A picture's file never changes: a new version of it has another name.
    response.headers["Cache-Control"] = f"public, max-age={YEAR_S}, immutable"
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["Content-Security-Policy"] = "default-src 'none'; sandbox"
    return response
