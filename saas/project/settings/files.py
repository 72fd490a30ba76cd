"""Files: the product's own, the malls', and what is put together on the way to an archive."""

from .places import BASE_DIR, STATE_DIR, env

STATIC_URL = "/static/"
STATIC_ROOT = env.str("HUTONG_STATIC_ROOT", str(BASE_DIR / "staticfiles"))
MEDIA_URL = "/media/"
MEDIA_ROOT = env.str("HUTONG_MEDIA_ROOT", str(STATE_DIR / "media"))
# Where base backups are laid (infra/backup/), for the doctor to see how old the newest is.
BACKUP_DIR = env.str("HUTONG_BACKUP_DIR", "")
S3_BUCKET = env.str("HUTONG_S3_BUCKET", "")
_s3 = {
    "BACKEND": "tenants.isolation.storage.MallS3Storage",
    "OPTIONS": {
        "bucket_name": S3_BUCKET,
        "endpoint_url": env.str("HUTONG_S3_ENDPOINT", None),
        "region_name": env.str("HUTONG_S3_REGION", None),
        "access_key": env.str("HUTONG_S3_ACCESS_KEY", None),
        "secret_key": env.str("HUTONG_S3_SECRET_KEY", None),
        "querystring_auth": True,
        "file_overwrite": False,
    },
}
# Hosts ("pictures.example:8080") on the operator's own network from which imports may fetch pictures; others must be public.
PICTURE_HOSTS: list[str] = env.list("HUTONG_PICTURE_HOSTS", [])
STORAGES = {
    "default": _s3 if S3_BUCKET else {"BACKEND": "tenants.isolation.storage.MallFileSystemStorage"},
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}
# Where archives are put together and taken apart; needs as much space as the largest mall. Not shared between machines.
ARCHIVE_WORK_FOLDER = env.str("HUTONG_ARCHIVE_WORK_FOLDER", str(STATE_DIR / "work"))
