"""An order's number, as people say it, is found by an index; of paid orders' payments only, one entry for each order."""

from django.db import migrations, models
from django.db.models.fields.json import KeyTransform


class Migration(migrations.Migration):
    dependencies = [("ledger", "0005_corrections")]

    operations = [
        migrations.AddIndex(
            model_name="transfer",
            index=models.Index(
                KeyTransform("order_number", "details"),
                condition=models.Q(("kind", "order_paid")),
                name="transfer_by_number",
            ),
        ),
    ]
