from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("audits", "0001_audits")]

    operations = [
        migrations.AddField(
            model_name="auditcase",
            name="writers",
            field=models.JSONField(blank=True, db_default=[], default=list),
        ),
    ]
