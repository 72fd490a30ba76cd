"""
The script and the making of its environment, on a small project of their own whose lock names no package.

So the real `venv` and the real `pip` run, and nothing is fetched.
"""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from infra.local.state import PROJECT

SAYS = "import sys; print('verb', *sys.argv[1:], sys.prefix)"


@pytest.fixture
def project(folder: Path) -> Path:
    """A checkout in a path with spaces: the script, the bootstrap, empty locks, and a command line that answers."""
    root = folder / "my projects" / "hutong"
    for name in ("hutong", "infra/local/bootstrap.py"):
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(PROJECT / name, root / name)
    for group in ("base", "dev"):
        (root / "infra/requirements").mkdir(exist_ok=True)
        (root / f"infra/requirements/{group}.txt").write_text(f"# {group}, first\n")
    (root / "saas/project/cli").mkdir(parents=True)
    (root / "saas/project/cli/__main__.py").write_text(SAYS)
    return root


def hutong(project: Path, *arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("HUTONG_")}
    return subprocess.run(
        [project / "hutong", *arguments],
        env=kept | {"HUTONG_PYTHON": sys.executable} | variables,
        capture_output=True,
        text=True,
        check=False,
        cwd=project.parent,
    )


def test_help_needs_no_environment(project: Path) -> None:
    done = hutong(project)
    assert (done.returncode, done.stderr) == (0, "")
    assert not (project / ".hutong").exists()


def test_the_environment_is_made_once_and_then_used_at_once(project: Path) -> None:
    first = hutong(project, "up", "a b")
    assert "Making Hutong's own Python" in first.stdout
    assert first.stdout.splitlines()[-1] == f"verb up a b {project}/.hutong/venv"
    second = hutong(project, "up")
    assert second.stdout == f"verb up {project}/.hutong/venv\n"


@pytest.mark.slow
def test_an_interrupted_environment_is_made_anew_and_a_changed_lock_updates_it(project: Path) -> None:
    hutong(project, "up")
    venv = project / ".hutong" / "venv"
    (project / "infra/requirements/base.txt").write_text("# base, second\n")
    (venv / "kept").touch()
    updated = hutong(project, "up")
    assert "Making" not in updated.stdout
    assert "Installing 0 packages" in updated.stdout
    assert (venv / "kept").exists()
    (venv / "hutong-stamp.json").unlink()
    (project / ".hutong" / "venv.unfinished").touch()
    assert "Making" in hutong(project, "up").stdout
    assert not (venv / "kept").exists()
    assert not (project / ".hutong" / "venv.unfinished").exists()


@pytest.mark.slow
def test_an_environment_with_the_tools_serves_every_verb_and_is_never_made_smaller(project: Path) -> None:
    hutong(project, "up")
    assert "Installing" in hutong(project, "test").stdout
    for verb in ("up", "check"):
        assert hutong(project, verb).stdout == f"verb {verb} {project}/.hutong/venv\n"
    (project / "infra/requirements/base.txt").write_text("# base, second\n")
    assert "Installing" in hutong(project, "up").stdout
    assert hutong(project, "test").stdout == f"verb test {project}/.hutong/venv\n"


def test_two_at_once_make_it_once(project: Path) -> None:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("HUTONG_")}
    kept["HUTONG_PYTHON"] = sys.executable
    both = [
        subprocess.Popen([project / "hutong", "up"], env=kept, stdout=subprocess.PIPE, text=True, cwd=project)
        for _ in range(2)
    ]
    said = [process.communicate(timeout=120)[0] for process in both]
    assert [process.returncode for process in both] == [0, 0]
    assert sum("Making" in text for text in said) == 1
    assert sum("waiting for it" in text for text in said) <= 1
    assert all(f"verb up {project}/.hutong/venv" in text for text in said)


@pytest.mark.slow
def test_a_failed_installation_says_what_pip_said_and_the_next_run_starts_afresh(project: Path) -> None:
    lock = project / "infra/requirements/base.txt"
    lock.write_text("hutong-no-such-package==1 --hash=sha256:" + "0" * 64 + "\n")
    failed = hutong(project, "up", PIP_NO_INDEX="1")
    assert failed.returncode == 1
    assert "hutong-no-such-package" in failed.stderr
    assert "install.log" in failed.stderr
    lock.write_text("# mended\n")
    mended = hutong(project, "up")
    assert "Making" in mended.stdout
    assert mended.returncode == 0


def test_a_python_without_pip_is_told_which_debian_package_helps(project: Path, folder: Path) -> None:
    (folder / "broken").mkdir()
    (folder / "broken" / "sitecustomize.py").write_text("import sys; sys.modules['ensurepip'] = None")
    done = hutong(project, "up", PYTHONPATH=str(folder / "broken"))
    assert done.returncode == 1
    assert f"apt install python{sys.version_info.major}.{sys.version_info.minor}-venv" in done.stderr


def test_no_python_of_a_known_version_is_told_what_to_install(project: Path, folder: Path) -> None:
    programs = folder / "bin"
    programs.mkdir()
    for name in ("dirname", "readlink"):
        found = shutil.which(name)
        assert found
        (programs / name).symlink_to(found)
    old = programs / "python3"
    old.write_text("#!/bin/sh\nexit 1\n")
    old.chmod(0o755)
    done = subprocess.run(
        ["/bin/sh", project / "hutong", "up"], env={"PATH": str(programs)}, capture_output=True, text=True, check=False
    )
    assert done.returncode == 1
    assert "needs Python 3.11 or later" in done.stderr
    assert "apt install python3 python3-venv" in done.stderr


def test_a_folder_that_cannot_be_written_is_named_with_what_to_do(project: Path) -> None:
    done = hutong(project, "up", HUTONG_STATE="/proc/hutong")
    assert done.returncode == 1
    assert "HUTONG_STATE=$HOME" in done.stderr


def test_a_link_to_the_script_finds_the_project(project: Path, folder: Path) -> None:
    (folder / "bin").mkdir()
    (folder / "bin" / "hutong").symlink_to("../my projects/hutong/hutong")
    done = subprocess.run([folder / "bin" / "hutong"], capture_output=True, text=True, check=False)
    assert done.stdout.startswith("verb")


def test_an_environment_named_outside_is_used_as_it_is(project: Path, folder: Path) -> None:
    done = hutong(project, "up", HUTONG_VENV=sys.prefix)
    assert done.stdout == f"verb up {sys.prefix}\n"
    wrong = hutong(project, "up", HUTONG_VENV=str(folder))
    assert wrong.returncode == 1
    assert "holds no Python environment" in wrong.stderr
