"""Finds the verb, and prints them all when there is none."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Callable, Sequence
from difflib import get_close_matches

from infra.local.errors import LaunchError, Stopping
from infra.local.instance import Running
from saas.project import catalogues

VERBS = {
    "up": "start everything and print where it is; Ctrl-C stops it",
    "test": "run the quick tests, or what pytest's arguments name; --all runs the slow ones too",
    "journeys": "run the browser journeys",
    "check": "lint, types, import contracts, templates, migrations",
    "fix": "format, mend what the linter can, build the style sheet",
    "bench": "run a benchmark by name and print its figures",
    "messages": "collect the texts to translate and say which have no translation",
    "docs": "take the README's pictures from a running product",
    "mall": "create, list, suspend, resume, export, restore or erase malls",
    "migrate": "bring the platform's tables and every mall's to this version",
    "doctor": "check the guards of this installation: one line each, and what to do when one fails",
    "shell": "a Python shell with the models",
}


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a verb and return its exit code."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    if not given or given[0] in ("help", "-h", "--help"):
        print(overview())
        return 0
    verb = given[0]
    if verb not in VERBS:
        near = get_close_matches(verb, VERBS, n=1)
        hint = f" Did you mean '{near[0]}'?" if near else ""
        print(f"There is no verb '{verb}'.{hint}\n\n{overview()}", file=sys.stderr)
        return 2
    catalogues.compile_changed()
    module = importlib.import_module(f"saas.project.cli.{verb}")
    return run_verb(module.run, given[1:])


def run_verb(run: Callable[[list[str]], int], arguments: list[str]) -> int:
    """Call the verb and turn what it may raise into a sentence and an exit code."""
    try:
        return run(arguments)
    except Running as error:
        print(error, file=sys.stderr)
        return 3
    except LaunchError as error:
        print(error, file=sys.stderr)
        return 1
    except Stopping as error:
        print(f"{error}: stopped before it was ready.", file=sys.stderr)
        return 130


def overview() -> str:
    """Return the verbs, one on a line."""
    lines = [f"  {verb:<10}{line}" for verb, line in VERBS.items()]
    return "\n".join(
        [
            "Usage: ./hutong VERB [arguments]",
            "",
            *lines,
            "",
            "Settings: HUTONG_PORT (8000) is the web's port, HUTONG_STATE (.hutong) holds all data.",
            "DATABASE_URL, REDIS_URL and STRIPE_API_BASE name servers of your own instead of the embedded ones.",
        ]
    )


if __name__ == "__main__":
    sys.exit(main())
