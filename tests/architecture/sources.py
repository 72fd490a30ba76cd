"""Which files are ours: what git tracks or would track, so that state, caches and environments never count."""

import subprocess
from collections.abc import Iterator
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PRODUCT = ("billing", "cms", "infra", "ops_console", "saas", "storefront", "tenants")


@cache
def ours() -> tuple[Path, ...]:
    """Return every file of the project, relative to its root; without git, every file outside hidden folders."""
    command = ["git", "-C", str(ROOT), "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    listed = subprocess.run(command, capture_output=True, check=False)
    if listed.returncode == 0:
        names = {Path(name) for name in listed.stdout.decode().split("\0") if name}
    else:
        hidden = {".hutong", ".git", "__pycache__"}
        names = {path.relative_to(ROOT) for path in ROOT.rglob("*") if not hidden & set(path.parts)}
    return tuple(sorted(name for name in names if (ROOT / name).is_file()))


def of_kind(*suffixes: str, within: tuple[str, ...] = ()) -> Iterator[Path]:
    """Yield our files with one of these suffixes, in these top-level folders when any are named."""
    for name in ours():
        if name.suffix in suffixes and (not within or name.parts[0] in within):
            yield name


def text(name: Path) -> str:
    return (ROOT / name).read_text(encoding="utf-8")
