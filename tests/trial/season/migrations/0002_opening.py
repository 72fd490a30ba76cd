from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("season", "0001_initial")]
    operations = [
        migrations.AddField("season", "opens_at", models.DateTimeField(null=True)),
        migrations.AddIndex("season", models.Index(fields=["opens_at"], name="season_by_opening")),
        migrations.AddConstraint("season", models.UniqueConstraint(fields=["name"], name="season_has_one_name")),
    ]
