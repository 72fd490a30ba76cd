from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("deals", "0002_capacity_and_review")]

    operations = [
        migrations.AddField(model_name="dealreview", name="sent_page", field=models.JSONField(null=True)),
        migrations.AddField(model_name="dealreview", name="approved_page", field=models.JSONField(null=True)),
        migrations.AddField(
            model_name="dealreview", name="proposed_page", field=models.PositiveBigIntegerField(null=True)
        ),
    ]
