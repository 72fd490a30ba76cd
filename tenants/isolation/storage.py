"""
Media storage under the mall's own prefix.

A row stores the whole key, `<schema>/images/a.webp`, so a file never depends on the schema that happens to be active; every
read, write and delete checks that the key belongs to the schema that it is asked from.
"""

import posixpath
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any, BinaryIO, Protocol, cast
from urllib.parse import urljoin

from boto3.exceptions import Boto3Error
from botocore.exceptions import BotoCoreError, ClientError
from django.conf import settings
from django.core.exceptions import SuspiciousFileOperation
from django.core.files.storage import FileSystemStorage, default_storage
from django.utils._os import safe_join
from django.utils.encoding import filepath_to_uri
from storages.backends.s3 import S3Storage

from saas.kernel.database import connection

# Stands before Django's and boto's storages, whose methods it calls.
Storage: Any = object
# What Wagtail takes for the name of a picture whose file cannot be found, so that its lists can be shown all the same.
MISSING = "not-found"


def top_level() -> tuple[list[str], list[str]]:
    """Return the names of the folders and of the files at the top of the media storage, whosever they are."""
    storage: Any = default_storage
    folders, loose = storage.top_level()
    return folders, loose


class _UnderPrefix(Storage):
    """Puts new keys under the schema's prefix and refuses foreign ones."""

    def generate_filename(self, filename: str) -> str:
        """Return the key for a new file: under the mall's prefix, without steps upwards."""
        return str(super().generate_filename(self._placed(filename)))

    def save(self, name: str, content: Any, max_length: int | None = None) -> str:
        """Store a new file under the mall's prefix and return its whole key."""
        return str(super().save(self._placed(name), content, max_length=max_length))

    def _placed(self, filename: str) -> str:
        name = posixpath.normpath(str(filename).replace("\\", "/")).lstrip("/")
        if ".." in name.split("/") or "\0" in name:
            raise SuspiciousFileOperation(f"“{filename}” leads out of the mall")
        prefix = f"{connection.schema_name}/"
        return name if name.startswith(prefix) else prefix + name

    def _own(self, name: str) -> str:
        clean = posixpath.normpath(str(name).replace("\\", "/"))
        if not clean.startswith(f"{connection.schema_name}/"):
            raise SuspiciousFileOperation(f"“{name}” does not belong to {connection.schema_name}")
        return clean

    def _open(self, name: str, mode: str = "rb") -> Any:
        return super()._open(self._own(name), mode)

    def _save(self, name: str, content: Any) -> str:
        return str(super()._save(self._own(name), content))

    def delete(self, name: str) -> None:
        """Delete the mall's own file."""
        super().delete(self._own(name))

    def exists(self, name: str) -> bool:
        """Tell whether the mall has the file."""
        return bool(super().exists(self._own(name)))

    def size(self, name: str) -> int:
        """Return the size in bytes of the mall's own file."""
        return int(super().size(self._own(name)))

    def url(self, name: str, **options: Any) -> str:
        """Return the address of the mall's own file; of nothing for a picture whose file is gone."""
        if name == MISSING:
            return urljoin(settings.MEDIA_URL, MISSING)
        return str(super().url(self._own(name), **options))

    def listing(self) -> Iterator[tuple[str, int]]:
        """Yield each file of the schema that runs: its key and its size in bytes."""
        raise NotImplementedError

    def put(self, name: str, path: Path) -> None:
        """Store the local file at `path` under this very key, replacing what is there; the local file may be gone afterwards."""
        raise NotImplementedError

    def reader(self, name: str) -> BinaryIO:
        """
        Open the schema's own file for reading from its start to its end, without holding it in memory.

        :raises FileNotFoundError: there is none
        """
        raise NotImplementedError

    def remove_all(self) -> int:
        """Delete every file of the schema that runs and return how many there were."""
        raise NotImplementedError


class MallFileSystemStorage(_UnderPrefix, FileSystemStorage):  # type: ignore[misc]
    """Media on the file system: `MEDIA_ROOT/<schema>/…`."""

    def path(self, name: str) -> str:
        """Return the file's path on the disk."""
        return safe_join(self.location, self._own(name))

    def top_level(self) -> tuple[list[str], list[str]]:
        """Return the names of the folders and of the files that stand at the top, whosever they are, for the operator's checks."""
        top = Path(self.location)
        entries = sorted(top.iterdir()) if top.is_dir() else []
        return [one.name for one in entries if one.is_dir()], [one.name for one in entries if not one.is_dir()]

    def _folder(self) -> Path:
        return Path(self.location) / connection.schema_name

    def listing(self) -> Iterator[tuple[str, int]]:
        """Yield each file of the schema that runs: its key and its size in bytes."""
        for path in sorted(self._folder().rglob("*")):
            if path.is_file():
                yield path.relative_to(self.location).as_posix(), path.stat().st_size

    def put(self, name: str, path: Path) -> None:
        """Store the local file at `path` under this very key, replacing what is there; the local file may be gone afterwards."""
        target = Path(self.path(name))
        target.parent.mkdir(parents=True, exist_ok=True)
        # First beside the target: a move over a border of disks is a copy, which may break off.
        beside = target.with_name(f".{target.name}.part")
        try:
            shutil.move(path, beside)
            beside.replace(target)
        finally:
            beside.unlink(missing_ok=True)

    def reader(self, name: str) -> BinaryIO:
        """Open the schema's own file for reading from its start to its end, without holding it in memory."""
        return Path(self.path(name)).open("rb")

    def remove_all(self) -> int:
        """Delete every file of the schema that runs and return how many there were."""
        count = sum(1 for _key in self.listing())
        if self._folder().exists():
            shutil.rmtree(self._folder())
        return count


class MallS3Storage(_UnderPrefix, S3Storage):
    """
    Media on S3 or what speaks its language: `<bucket>/<schema>/…`. The bucket is private: addresses are the same as on the file
    system, and the mall sends the file itself, so that moving to S3 changes no page and a cache can stand in front.
    """

    def _normalize_name(self, name: str) -> str:
        """Every call of the library comes through here with the key that it is about to use."""
        return self._own(super()._normalize_name(name))

    def top_level(self) -> tuple[list[str], list[str]]:
        """Return the prefixes and the loose objects at the top of the bucket, whosever they are, for the operator's checks."""
        folders: list[str] = []
        loose: list[str] = []
        pages = self.connection.meta.client.get_paginator("list_objects_v2")
        for page in pages.paginate(Bucket=self.bucket_name, Delimiter="/"):
            folders += [one["Prefix"].rstrip("/") for one in page.get("CommonPrefixes", [])]
            loose += [one["Key"] for one in page.get("Contents", [])]
        return folders, loose

    def url(self, name: str, **_options: Any) -> str:
        """Return the address of the mall's own file, under MEDIA_URL."""
        key = name if name == MISSING else self._own(name)
        return urljoin(settings.MEDIA_URL, filepath_to_uri(key) or "")

    def listing(self) -> Iterator[tuple[str, int]]:
        """Yield each file of the schema that runs: its key and its size in bytes."""
        for item in self.bucket.objects.filter(Prefix=f"{connection.schema_name}/"):
            yield item.key, item.size

    def put(self, name: str, path: Path) -> None:
        """Store the local file at `path` under this very key, replacing what is there; the local file may be gone afterwards."""
        self.bucket.upload_file(str(path), self._own(name))

    def reader(self, name: str) -> BinaryIO:
        """Open the schema's own file for reading from its start to its end, without holding it in memory."""
        try:
            return cast("BinaryIO", self.bucket.Object(self._own(name)).get()["Body"])
        except self.bucket.meta.client.exceptions.NoSuchKey as error:
            raise FileNotFoundError(name) from error

    def remove_all(self) -> int:
        """Delete every file of the schema that runs and return how many there were."""
        done = self.bucket.objects.filter(Prefix=f"{connection.schema_name}/").delete()
        return sum(len(answer.get("Deleted", ())) for answer in done)


def is_away(error: BaseException) -> bool:
    """Tell whether an error says that the storage behind the media does not answer, or refuses its keys or its bucket."""
    return isinstance(error, (BotoCoreError, ClientError, Boto3Error))


class Media(Protocol):
    """The media storage, typed as what ours can do beside Django's."""

    def listing(self) -> Iterator[tuple[str, int]]: ...
    def put(self, name: str, path: Path) -> None: ...
    def reader(self, name: str) -> BinaryIO: ...
    def remove_all(self) -> int: ...
    def delete(self, name: str) -> None: ...
    def exists(self, name: str) -> bool: ...


media = cast("Media", default_storage)
