from django.db import migrations, models


class Migration(migrations.Migration):
    initial = True
    dependencies = [("deals", "0001_initial")]
    operations = [
        migrations.CreateModel(
            name="Season",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("name", models.CharField(max_length=40)),
            ],
        ),
        migrations.RunSQL(
            "ALTER TABLE deals_deal ADD COLUMN season_id bigint REFERENCES season_season DEFERRABLE INITIALLY DEFERRED;"
            "CREATE INDEX deal_by_season ON deals_deal (season_id)",
            "ALTER TABLE deals_deal DROP COLUMN season_id",
        ),
    ]
