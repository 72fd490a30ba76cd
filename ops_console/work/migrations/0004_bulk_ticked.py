from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("work", "0003_merchant_told")]

    operations = [
        migrations.AddField(
            model_name="bulkact",
            name="ticked",
            field=models.JSONField(blank=True, db_default=[], default=list),
        ),
    ]
