"""
No file names a package registry, or a path of the machine that it was written on.

A registry's address in a lock would tie everybody to it; a path of one machine works on no other. The
patterns are written so that this file does not match itself.
"""

import re
from pathlib import Path

import pytest

from tests.architecture import sources

REGISTRIES = re.compile(r"pythonhoste[d]|[p]ypi\.or[g]|[n]pmjs\.|[d]eb\.debia[n]|registry\.yarnp[k]g|crates\.i[o]")
MACHINE_PATHS = re.compile(
    r"(?:^|[^A-Za-z0-9_.~-])/(?:wor[k]|far[m]|roo[t]|hom[e]/[a-z]+|User[s]/[a-z]+)/", re.MULTILINE
)


def found(pattern: re.Pattern[str]) -> list[str]:
    places = []
    for name in sources.ours():
        try:
            text = sources.text(name)
        except UnicodeDecodeError:
            continue  # pictures and fonts
        places += [f"{name}: {match[0].strip()}" for match in pattern.finditer(text)]
    return places


def test_no_file_names_a_package_registry() -> None:
    assert found(REGISTRIES) == []


def test_no_file_names_a_path_of_one_machine() -> None:
    assert found(MACHINE_PATHS) == []


@pytest.mark.parametrize("host", ["files.pythonhost" + "ed.org", "py" + "pi.org/simple", "registry.np" + "mjs.org"])
def test_a_planted_registry_is_found(host: str) -> None:
    assert REGISTRIES.search(f"--index-url https://{host}/")


@pytest.mark.parametrize("path", ["/wor" + "k/main/manage.py", "/roo" + "t/.cache/pip", "/hom" + "e/alma/hutong"])
def test_a_planted_path_is_found(path: str) -> None:
    assert MACHINE_PATHS.search(f'run("{path}")')
    assert MACHINE_PATHS.search(path)


@pytest.mark.parametrize(
    "text", ["/network/", "saas/wor" + "k/", "framework/x", "/homepage/", "~/wor" + "k/", "./roo" + "t/"]
)
def test_an_address_of_a_page_is_no_path_of_a_machine(text: str) -> None:
    assert not MACHINE_PATHS.search(f"href={text}")


def test_the_project_is_looked_at_whole() -> None:
    assert {Path("hutong"), Path("pyproject.toml"), Path("infra/requirements/base.txt")} <= set(sources.ours())
