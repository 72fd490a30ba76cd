import json
from argparse import ArgumentParser
from collections import Counter

from django.core.management import BaseCommand
from django.db import DatabaseError

from ops_console.health import doctor, operations
from ops_console.health.findings import Finding, Ground, State
from saas.kernel import clock
from saas.kernel.actors import Actor

WIDTH = 12
OPERATOR = Actor(kind="platform", name="Operator at the command line")


class Command(BaseCommand):
    help = "Check the guards of this installation. Exit code 1 when one fails."
    requires_system_checks = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--json", action="store_true", dest="as_json", help="print one JSON object instead of lines"
        )
        parser.add_argument("--at-rest", action="store_true", help="the product's own processes are not running")

    def handle(self, *args: object, as_json: bool = False, at_rest: bool = False, **options: object) -> None:
        findings = self._look(at_rest=at_rest)
        counted = Counter(finding.state for finding in findings)
        if as_json:
            figures = {state.name.lower(): counted[state] for state in State}
            self.stdout.write(json.dumps({**figures, "findings": [one.as_dict() for one in findings]}, indent=2))
        else:
            self._tell(findings)
            self.stdout.write(
                f"\n{counted[State.OK]} ok, {counted[State.FAILED]} failed, {counted[State.UNKNOWN]} cannot tell"
            )
        if counted[State.FAILED]:
            raise SystemExit(1)

    def _look(self, *, at_rest: bool) -> list[Finding]:
        now = clock.now()
        if at_rest:
            return doctor.look(Ground(now=now, at_rest=True))
        try:
            row = operations.examine(now=now, by=OPERATOR)
        except DatabaseError:  # a database that cannot keep what is found can still be looked at
            return doctor.look(Ground(now=now))
        return [Finding(**finding) for finding in row.findings]

    def _tell(self, findings: list[Finding]) -> None:
        paint = {State.OK: self.style.SUCCESS, State.FAILED: self.style.ERROR, State.UNKNOWN: self.style.WARNING}
        for finding in findings:
            state = State(finding.state)
            self.stdout.write(f"{paint[state](str(state.label).ljust(WIDTH))} {finding.title}: {finding.measured}")
            if state == State.FAILED:
                self.stdout.write(f"{' ' * WIDTH}   → {finding.advice}")
