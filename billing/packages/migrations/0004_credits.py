import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("packages", "0003_following_contracts"),
    ]

    operations = [
        migrations.CreateModel(
            name="Credit",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("key", models.CharField(max_length=80, unique=True)),
                ("amount_minor", models.IntegerField()),
                ("lowers", models.BooleanField()),
                ("given_for", models.CharField(blank=True, db_index=True, max_length=120)),
                ("made_at", models.DateTimeField()),
                (
                    "invoice",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="credits", to="packages.invoice"
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.CheckConstraint(condition=models.Q(("amount_minor__gt", 0)), name="credit_is_more_than_zero")
                ],
            },
        ),
    ]
