"""Orders whose buyer ended their account: nobody to answer any more."""

from django.db import migrations, models
from django.db.models import Q


class Migration(migrations.Migration):
    dependencies = [("orders", "0005_buyer_ip")]

    operations = [
        migrations.AddField(model_name="order", name="forgotten_at", field=models.DateTimeField(null=True)),
        migrations.RemoveConstraint(model_name="order", name="order_can_be_answered"),
        migrations.AddConstraint(
            model_name="order",
            constraint=models.CheckConstraint(
                condition=~Q(email="") | ~Q(phone="") | Q(forgotten_at__isnull=False),
                name="order_can_be_answered_or_is_forgotten",
            ),
        ),
    ]
