"""Expand, then contract: a migration that the release before does not survive must say why it may be taken."""

import pytest
from django.db import migrations, models
from django.db.migrations import Migration
from django.db.migrations.operations.base import Operation

from tenants.rollout import checks


def migration(*operations: Operation) -> Migration:
    made = Migration("0009_change", "deals")
    made.operations = list(operations)
    return made


@pytest.mark.parametrize(
    "operation",
    [
        migrations.RemoveField("deal", "badge"),
        migrations.DeleteModel("Deal"),
        migrations.RenameField("deal", "badge", "label"),
        migrations.RenameModel("Deal", "Offer"),
        migrations.AlterModelTable("Deal", "offers"),
        migrations.AddField("deal", "badge", models.CharField(max_length=9)),
        migrations.AddField("deal", "badge", models.CharField(max_length=9, default="")),
        migrations.RunSQL("ALTER TABLE deals_deal DROP COLUMN badge"),
        migrations.RunSQL([("ALTER TABLE deals_deal ALTER badge SET NOT NULL", None)]),
        migrations.SeparateDatabaseAndState([migrations.RunSQL("drop table deals_deal")]),
    ],
)
def test_what_takes_away_or_demands_is_refused(operation: Operation) -> None:
    assert len(list(checks.contractions(migration(operation)))) == 1


@pytest.mark.parametrize(
    "operations",
    [
        [migrations.AddField("deal", "badge", models.CharField(max_length=9, null=True))],
        [migrations.AddField("deal", "badge", models.CharField(max_length=9, db_default=""))],
        [migrations.AddField("deal", "tags", models.ManyToManyField("stores.Store"))],
        [migrations.AddIndex("deal", models.Index(fields=["title"], name="deal_by_title"))],
        [migrations.RunSQL("CREATE TRIGGER t BEFORE UPDATE OR TRUNCATE ON deals_deal EXECUTE FUNCTION f()")],
        [migrations.CreateModel("Season", []), migrations.AddField("season", "name", models.CharField(max_length=9))],
        [migrations.SeparateDatabaseAndState([], [migrations.DeleteModel("Deal")])],
    ],
)
def test_what_only_adds_passes(operations: list[Operation]) -> None:
    assert list(checks.contractions(migration(*operations))) == []


def test_every_migration_of_ours_expands_or_says_why_not() -> None:
    assert checks.migrations_expand() == []
