import os
import subprocess
import sys

import pytest

from infra.local.state import PROJECT
from saas.project.cli.__main__ import VERBS
from tests.saas.project.cli.conftest import Run


@pytest.mark.parametrize("arguments", [[], ["help"], ["-h"], ["--help"]])
def test_help_prints_every_verb_on_a_line_of_its_own(run: Run, arguments: list[str]) -> None:
    done = run(*arguments)
    assert (done.returncode, done.stderr) == (0, "")
    for verb, line in VERBS.items():
        assert f"  {verb:<10}{line}\n" in done.stdout


def test_help_needs_no_installed_package() -> None:
    command = [sys.executable, "-S", "-m", "saas.project.cli"]
    done = subprocess.run(command, cwd=PROJECT, env=os.environ, capture_output=True, text=True, check=False)
    assert done.stdout.startswith("Usage: ./hutong VERB")


def test_an_unknown_verb_is_answered_with_the_nearest_one(run: Run) -> None:
    done = run("tets")
    assert done.returncode == 2
    assert "There is no verb 'tets'. Did you mean 'test'?" in done.stderr
    assert "there is no verb 'xyzzy'.\n" in run("xyzzy").stderr.lower()


@pytest.mark.parametrize("verb", ["up", "test", "bench", "check"])
def test_each_verb_of_ours_says_how_it_is_used(run: Run, verb: str) -> None:
    done = run(verb, "--help")
    assert done.returncode == 0
    assert f"Usage: ./hutong {verb}" in done.stdout + done.stderr
