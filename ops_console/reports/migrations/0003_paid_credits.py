from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("reports", "0002_frozen"),
    ]

    operations = [
        migrations.RemoveConstraint(
            model_name="creditline",
            name="credit_billed_has_its_item",
        ),
        migrations.AddField(
            model_name="creditline",
            name="attempt",
            field=models.PositiveSmallIntegerField(db_default=0, default=0),
        ),
        migrations.AlterField(
            model_name="creditline",
            name="state",
            field=models.CharField(
                choices=[
                    ("due", "Waits for an invoice"),
                    ("billed", "On the next invoice"),
                    ("invoiced", "Credited"),
                    ("paid", "Given back after the end"),
                ],
                default="due",
                max_length=10,
            ),
        ),
        migrations.AddConstraint(
            model_name="creditline",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("state__in", ["due", "paid"]),
                    models.Q(models.Q(("stripe_item", ""), _negated=True), ("billed_at__isnull", False)),
                    _connector="OR",
                ),
                name="credit_billed_has_its_item",
            ),
        ),
    ]
