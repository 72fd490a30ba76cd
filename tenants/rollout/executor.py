"""The roll-out as an executor of django-tenants: `manage.py migrate_schemas --executor=replay`."""

from django_tenants.migration_executors.base import MigrationExecutor

from saas.kernel import clock

from .operations import roll_out


class ReplayExecutor(MigrationExecutor):
    """
    Records what a release changes once and replays it in malls.

    It brings the named malls to the release that runs and the platform and the template with them; it knows no other target, so
    it refuses an app or a migration by name, `--fake` and the like.
    """

    codename = "replay"

    def run_migrations(self, tenants: list[str] | None = None) -> None:
        """Roll out to these malls."""
        given = [
            name
            for name in ("app_label", "migration_name", "fake", "fake_initial", "plan", "prune")
            if self.options.get(name)
        ]
        if self.args or given:
            raise NotImplementedError(
                f"the replay executor rolls out whole releases; it knows no {', '.join(given) or self.args}"
            )
        malls = [schema for schema in tenants or [] if schema != self.PUBLIC_SCHEMA_NAME]
        rolled = roll_out(now=clock.now(), say=print, schemas=malls)
        for name, reason in rolled.parked.items():
            print(f"{name} is in maintenance: {reason}")

    def run_multi_type_migrations(self, tenants: list[tuple[str, str]]) -> None:
        """Roll out to these malls, whatever their type."""
        self.run_migrations([schema for schema, _type in tenants])
