"""`./hutong check`: everything that a machine can say about the code without running the product."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass
from pathlib import Path

from infra.local.servers import Servers
from infra.local.state import PROJECT, open_state
from infra.local.supervisor import say
from saas.project.cli.session import session

AT_ONCE = 2
PACKAGES = ("billing", "cms", "ops_console", "saas", "storefront", "tenants")


@dataclass(frozen=True)
class Check:
    """One tool and what it is asked."""

    name: str
    arguments: Sequence[str]


@dataclass(frozen=True)
class Result:
    check: Check
    passed: bool
    output: str
    seconds: float


def checks() -> list[Check]:
    """Return the checks, the longest first."""
    lint_imports = str(Path(sys.executable).with_name("lint-imports"))
    return [
        Check("types (mypy)", ["-m", "mypy"]),
        Check("templates (djlint)", ["-m", "djlint", "--lint", "--quiet", *_template_folders()]),
        Check("migrations are complete", ["manage.py", "makemigrations", "--check", "--dry-run"]),
        Check("Django's own checks", ["manage.py", "check", "--fail-level", "WARNING"]),
        Check("imports (import-linter)", [lint_imports, "--cache-dir", str(open_state().root / "import-linter")]),
        Check("infrastructure files", ["-m", "infra.files"]),
        Check("texts are translated", ["-m", "saas.project.cli.messages", "--check"]),
        Check("lint (ruff)", ["-m", "ruff", "check", "."]),
        Check("format (ruff)", ["-m", "ruff", "format", "--check", "."]),
    ]


def run(arguments: list[str]) -> int:
    """Run all checks, print a line for each and what the failed ones say; 1 when one fails."""
    if arguments:
        print("Usage: ./hutong check\n" + "\n".join(f"  {check.name}" for check in checks()), file=sys.stderr)
        return 0 if arguments[0] in ("-h", "--help") else 2
    # django-tenants looks at the database's extensions when the apps are loaded, so even a lint needs one.
    servers = Servers(open_state().nested("check"), os.environ, durable=False)
    with session("check", servers) as running, ThreadPoolExecutor(AT_ONCE) as pool:
        results = []
        for future in as_completed([pool.submit(perform, check, running.environment) for check in checks()]):
            result = future.result()
            results.append(result)
            say(f"{'ok    ' if result.passed else 'FAILED'} {result.check.name:<26} {result.seconds:5.1f} s")
    failed = [result for result in results if not result.passed]
    for result in failed:
        say(f"\n--- {result.check.name}\n{result.output.strip()}")
    say(f"\n{len(results) - len(failed)} checks passed, {len(failed)} failed")
    return 1 if failed else 0


def perform(check: Check, variables: dict[str, str]) -> Result:
    """Run one check."""
    begin = time.monotonic()
    done = subprocess.run(
        [sys.executable, *check.arguments],
        cwd=PROJECT,
        env=variables,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        errors="replace",
        check=False,
    )
    return Result(check, done.returncode == 0, done.stdout + done.stderr, time.monotonic() - begin)


def _template_folders() -> list[str]:
    return [name for name in PACKAGES if next((PROJECT / name).glob("**/templates/**/*.html"), None)]
