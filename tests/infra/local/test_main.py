"""The servers as somebody starts them in the background: as root and as an ordinary user, in paths with spaces."""

import contextlib
import json
import os
import pwd
import shlex
import shutil
import signal
import subprocess
import sys
import sysconfig
from collections.abc import Callable
from pathlib import Path

import psycopg
import pytest

from infra.local import processes
from infra.local.account import Account
from infra.local.state import PROJECT, open_state

Run = Callable[..., subprocess.CompletedProcess[str]]


def nobody() -> Account:
    entry = pwd.getpwnam("nobody")
    return Account(entry.pw_name, entry.pw_uid, entry.pw_gid)


def python_for(account: Account | None) -> str | None:
    """Return a Python that the account can run with our packages: of the same version, outside closed folders."""
    version = f"python{sys.version_info.major}.{sys.version_info.minor}"
    for candidate in (sys.executable, f"/usr/bin/{version}", f"/usr/local/bin/{version}"):
        real = Path(candidate).resolve()
        if real.exists() and (account is None or account.can_enter(real)):
            return candidate
    return None


def runner(checkout: Path, state: Path, account: Account | None) -> Run:
    shutil.copytree(PROJECT / "infra", checkout / "infra")
    python = python_for(account)
    if python is None:
        pytest.skip("this machine has no Python of this version that an ordinary user can run")
    kept = {name: os.environ[name] for name in ("PATH",)}
    variables = kept | {"HUTONG_STATE": str(state), "PYTHONPATH": sysconfig.get_path("purelib")}

    def run(verb: str, *options: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [python, "-m", "infra.local", verb, *options],
            cwd=checkout,
            env=variables,
            capture_output=True,
            text=True,
            check=False,
            **processes.as_account(account),
        )

    return run


def exported(done: subprocess.CompletedProcess[str]) -> dict[str, str]:
    assert done.returncode == 0, done.stderr
    lines = [line.removeprefix("export ").partition("=") for line in done.stdout.splitlines()]
    return {name: shlex.split(value)[0] for name, _, value in lines}


@pytest.mark.parametrize("who", ["ourselves", "nobody"])
def test_the_servers_start_in_the_background_are_joined_and_survive_a_kill_of_everything(
    folder: Path, who: str
) -> None:
    if who == "nobody" and os.geteuid() != 0:
        pytest.skip("only root can become another user")
    account = nobody() if who == "nobody" else None
    root = folder / "their place"
    root.mkdir()
    if account:
        account.give(root)
    run = runner(folder / "my projects" / "hutong", root / "state", account)
    try:
        first = exported(run("env"))
        with psycopg.connect(first["DATABASE_OWNER_URL"]) as connection:
            connection.execute("CREATE TABLE public.fact AS SELECT 1 AS id")
        assert exported(run("env")) == first
        assert "servers, process" in run("status").stdout
        kill_everything(root / "state")
        assert run("status").stdout == "Nothing is running.\n"
        again = exported(run("env"))
        with psycopg.connect(again["DATABASE_URL"]) as connection:
            assert connection.execute("SELECT id FROM public.fact").fetchall() == [(1,)]
    finally:
        stopped = run("stop")
    assert stopped.stdout == "Stopped.\n"
    assert processes.leftovers(open_state(root / "state")) == []
    assert processes.working_in((root / "state" / "servers" / "postgres").resolve()) == []


def kill_everything(state: Path) -> None:
    """Kill the supervisor and every server with no chance to clean up."""
    opened = open_state(state)
    servers = processes.leftovers(opened) + processes.working_in((state / "servers" / "postgres").resolve())
    supervisor = json.loads((state / "instance.json").read_text())["pid"]
    for pid in (supervisor, *servers):
        with contextlib.suppress(ProcessLookupError):  # a child dies with its parent
            os.kill(pid, signal.SIGKILL)
    assert processes.wait_until(lambda: not processes.is_running(supervisor), seconds=5)


def test_the_pair_for_tests_is_another_one_with_a_superuser(folder: Path) -> None:
    run = runner(folder / "hutong", folder / "state", None)
    try:
        for_tests = exported(run("env", "--test"))
        assert for_tests["DJANGO_SETTINGS_MODULE"] == "saas.project.settings.testing"
        assert for_tests["HUTONG_STATE"] == str(folder / "state" / "test")
        with psycopg.connect(for_tests["DATABASE_SUPERUSER_URL"]) as connection:
            assert connection.execute("SHOW fsync").fetchone() == ("off",)
            assert connection.execute("SELECT current_user").fetchone() == ("postgres",)
        assert run("status").stdout == "Nothing is running.\n"
    finally:
        run("stop", "--test")
