"""Guards over the installation: its settings and secrets, its disk, its backups."""

import os
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

from django.conf import settings
from django.utils.translation import gettext as said
from django.utils.translation import gettext_lazy as _

from ops_console.health.findings import Ground, Guard, Reading, failed, ok, some, unknown

from .database import rows, setting

LEAST_FREE_SHARE, LEAST_FREE_BYTES = 0.05, 1024**3
LEAST_SECRET = 40
BACKUP_LATE = timedelta(hours=26)
ARCHIVE_LATE = timedelta(minutes=30)


def settings_sane(_ground: Ground) -> Reading:
    """Debugging is off and secrets are secret; in production, addresses, cookies and servers are real ones."""
    production = not settings.DEVELOPMENT_PAGES
    asked = EVERYWHERE | (IN_PRODUCTION if production else {})
    wrong = [said(text) for text, holds in asked.items() if not holds()]
    if wrong:
        return failed(some(wrong, most=6))
    return ok(said("settings for production") if production else said("settings for one machine, not for the open"))


def _secret_is_long() -> bool:
    return len(settings.SECRET_KEY) >= LEAST_SECRET and len(set(settings.SECRET_KEY)) >= 8


def _static_files_collected() -> bool:
    return (Path(settings.STATIC_ROOT) / "staticfiles.json").exists()


EVERYWHERE: dict[str, Callable[[], bool]] = {
    "DEBUG is on": lambda: not settings.DEBUG,
    "SECRET_KEY is short or simple": _secret_is_long,
    "STRIPE_WEBHOOK_SECRET is missing": lambda: bool(settings.STRIPE_WEBHOOK_SECRETS),
}
IN_PRODUCTION: dict[str, Callable[[], bool]] = {
    "HUTONG_BASE_DOMAIN is not set": lambda: settings.BASE_DOMAIN not in ("localhost", "127.0.0.1", ""),
    "HUTONG_SCHEME is not https": lambda: settings.PUBLIC_SCHEME == "https",
    "cookies go over plain HTTP": lambda: settings.SESSION_COOKIE_SECURE and settings.CSRF_COOKIE_SECURE,
    "STRIPE_SECRET_KEY is no key of Stripe's": lambda: settings.STRIPE_SECRET_KEY.startswith(("sk_", "rk_")),
    "mail is not sent": lambda: "mailroom" not in settings.EMAIL_BACKEND and "console" not in settings.EMAIL_BACKEND,
    "HUTONG_FROM_EMAIL is not set": lambda: "localhost" not in settings.DEFAULT_FROM_EMAIL,
    "static files are not collected": _static_files_collected,
}


def disk(_ground: Ground) -> Reading:
    """There is room, and room for files, where state and media are."""
    places = {Path(settings.STATE_DIR)} | (set() if settings.S3_BUCKET else {Path(settings.MEDIA_ROOT)})
    told, low = [], False
    for place in sorted(places):
        nearest = next((one for one in (place, *place.parents) if one.exists()), Path("/"))
        facts = os.statvfs(nearest)
        free, share = facts.f_bavail * facts.f_frsize, facts.f_bavail / (facts.f_blocks or 1)
        entries = facts.f_favail / facts.f_files if facts.f_files else 1.0
        low = low or share < LEAST_FREE_SHARE or free < LEAST_FREE_BYTES or entries < LEAST_FREE_SHARE
        text = said("%(gigabytes).1f GB free (%(share)d %%, files %(entries)d %%)")
        told.append(text % {"gigabytes": free / 1e9, "share": share * 100, "entries": entries * 100})
    text = "; ".join(dict.fromkeys(told))
    return failed(text) if low else ok(text)


def wal_archive(ground: Ground) -> Reading:
    """Where the server archives its WAL, the archive is current."""
    if setting("archive_mode") == "off":
        return unknown(said("the server archives no WAL; a crash of its disk loses what came after the last backup"))
    archived, at, failures, failed_at = rows(
        "SELECT archived_count, last_archived_time, failed_count, last_failed_time FROM pg_stat_archiver"
    )[0]
    facts = {"archived": archived, "failures": failures}
    if failed_at and (at is None or failed_at > at):
        return failed(said("the last try failed (%(failures)d failures, %(archived)d archived)") % facts)
    if at is None:
        return unknown(said("nothing archived yet"))
    facts["minutes"] = (ground.now - at).total_seconds() // 60
    text = said("%(archived)d archived, the last %(minutes)d minutes ago") % facts
    return failed(text) if ground.now - at > ARCHIVE_LATE else ok(text)


def base_backup(ground: Ground) -> Reading:
    """Where a folder for base backups is named, the newest one is whole and no older than a day."""
    if not settings.BACKUP_DIR:
        return unknown(said("HUTONG_BACKUP_DIR is not set"))
    whole = [place.stat().st_mtime for place in Path(settings.BACKUP_DIR).glob("*/backup_manifest")]
    if not whole:
        return failed(said("no whole backup in %(folder)s") % {"folder": settings.BACKUP_DIR})
    age = timedelta(seconds=ground.now.timestamp() - max(whole))
    facts = {"count": len(whole), "hours": age.total_seconds() // 3600}
    text = said("%(count)d backups, the newest %(hours)d hours old") % facts
    return failed(text) if age > BACKUP_LATE else ok(text)


_RESTORE = _("See docs/runbooks/restore.md, part “Backups”.")
GUARDS = (
    Guard(
        "settings",
        _("Secrets, debugging, addresses"),
        _("Set the named variables; docs/runbooks/deploy.md lists them."),
        settings_sane,
    ),
    Guard("disk", _("Room on the disk"), _("Make room: old logs and backups first; then a larger disk."), disk),
    Guard("wal-archive", _("WAL archive current"), _RESTORE, wal_archive),
    Guard("backup", _("Base backup fresh"), _RESTORE, base_backup),
)
