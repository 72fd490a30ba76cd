from pathlib import Path

from django.db import migrations, models

import storefront.deals.migrations as present

LAST = max(path.stem for path in Path(present.__path__[0]).glob("[0-9]*.py"))


class Migration(migrations.Migration):
    """Expand: a table, a column with an index, a constraint by name."""

    dependencies = [("deals", LAST)]
    operations = [
        migrations.CreateModel(
            name="Season",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("name", models.CharField(max_length=40, db_default="50 % off")),
            ],
        ),
        migrations.AddField("deal", "season", models.ForeignKey("deals.Season", models.SET_NULL, null=True)),
        migrations.AddField("deal", "badge", models.CharField(max_length=20, db_default="")),
        migrations.AddIndex("deal", models.Index(fields=["badge"], name="deal_by_badge")),
        migrations.AddConstraint("season", models.UniqueConstraint(fields=["name"], name="season_has_one_name")),
    ]
