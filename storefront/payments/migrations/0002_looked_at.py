"""When the sweep last had Stripe asked about a try to pay."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("payments", "0001_initial")]

    operations = [
        migrations.AddField(model_name="payment", name="looked_at", field=models.DateTimeField(null=True)),
    ]
