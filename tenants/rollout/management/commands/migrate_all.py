from argparse import ArgumentParser

from django.core.management import BaseCommand, CommandError

from saas.kernel import clock
from saas.kernel.errors import DomainError
from tenants.rollout import operations, queries


class Command(BaseCommand):
    help = "Bring the platform, the mall template and every mall to this release, while they are served; or report where each is."

    # What the release is made of was checked before it was built; here it must answer at once when there is nothing to do.
    requires_system_checks = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--report", action="store_true", help="change nothing; show each mall's version")
        parser.add_argument(
            "--verify", action="store_true", help="change nothing; compare each mall's tables with the template's"
        )
        parser.add_argument(
            "--connections", type=int, default=2, help="malls are changed on so many connections at once (2)"
        )
        parser.add_argument(
            "--patience", type=float, default=120, help="seconds to try again where somebody holds a lock (120)"
        )

    def handle(
        self, *args: object, report: bool, verify: bool, connections: int, patience: float, **options: object
    ) -> None:
        if report or verify:
            self._report() if report else None
            self._verify() if verify else None
            return
        try:
            rolled = operations.roll_out(now=clock.now(), say=self._say, connections=connections, patience_s=patience)
        except DomainError as error:
            raise CommandError(
                f"{error}\nEvery mall is served as before. Mend the migration and run ./hutong migrate again."
            ) from error
        self._tell(rolled)

    def _tell(self, rolled: operations.Rolled) -> None:
        if rolled.nothing_to_do:
            return self._say("Every mall is current; nothing to do.")
        self._say(f"{rolled.moved:,} malls brought to this release in {rolled.seconds:.1f} s.")
        for slug, reason in rolled.parked.items():
            self._say(f"In maintenance: {slug}. {reason}")
        for slug in rolled.waiting:
            self._say(f"Left as it was, because a lock was held all the time: {slug}")
        if rolled.parked or rolled.waiting:
            raise CommandError(
                f"In maintenance: {len(rolled.parked)}; left as they were: {len(rolled.waiting)}; all others are served. "
                "Mend the cause and run ./hutong migrate again: it tries these alone."
            )
        return None

    def _report(self) -> None:
        versions = queries.versions()
        for one in versions:
            state = "maintenance" if one.is_parked else "current" if not one.behind_by else f"{one.behind_by} behind"
            self._say(f"{one.slug:<40} {state:<12} {one.step_name:<44} {one.moved_at:%Y-%m-%d %H:%M}")
            if one.reason:
                self._say(f"    {one.reason}")
        behind, parked = sum(1 for one in versions if one.behind_by), sum(1 for one in versions if one.is_parked)
        self._say(
            f"{len(versions):,} malls, {len(versions) - behind:,} current, {behind:,} behind, {parked:,} in maintenance."
        )

    def _verify(self) -> None:
        schemas = [one.schema for one in queries.versions() if not one.behind_by]
        drifted = queries.drifted(schemas)
        for drift in drifted:
            self._say(f"{drift.schema} differs from the template:")
            for difference in drift.differences[:20]:
                self._say(f"    {difference}")
        self._say(f"{len(schemas):,} malls compared with the template, {len(drifted):,} differ.")
        if drifted:
            raise CommandError("Some malls differ from the template.")

    def _say(self, text: str) -> None:
        self.stdout.write(text)
        self.stdout.flush()
