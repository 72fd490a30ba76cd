import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("packages", "0006_usage_by_people_and_counters"),
        ("contracts", "0004_once_billed"),
    ]

    operations = [
        migrations.AddField(
            model_name="quote",
            name="package",
            field=models.ForeignKey(
                null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to="packages.package"
            ),
        ),
    ]
