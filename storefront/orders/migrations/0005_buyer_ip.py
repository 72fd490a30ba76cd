"""The network address that an order was bought from."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("orders", "0004_message_of_vouchers")]

    operations = [
        migrations.AddField(model_name="order", name="buyer_ip", field=models.GenericIPAddressField(null=True)),
    ]
