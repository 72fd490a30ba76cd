from django.db import migrations, models
from django.db.models import F, Q


class Migration(migrations.Migration):
    dependencies = [
        ("reports", "0005_held_and_settled_credits"),
    ]

    operations = [
        migrations.AddField(
            "creditline", "settled_by", models.CharField(blank=True, db_default="", default="", max_length=160)
        ),
        migrations.AddField(
            "creditline", "settled_by_id", models.CharField(blank=True, db_default="", default="", max_length=26)
        ),
        migrations.AddField("creditline", "proposed_at", models.DateTimeField(null=True)),
        migrations.AddField(
            "creditline", "proposed_by", models.CharField(blank=True, db_default="", default="", max_length=160)
        ),
        migrations.AddField(
            "creditline", "proposed_by_id", models.CharField(blank=True, db_default="", default="", max_length=26)
        ),
        migrations.AddConstraint(
            "creditline",
            models.CheckConstraint(
                condition=Q(settled_by_id="") | ~Q(settled_by_id=F("proposed_by_id")),
                name="credit_settled_by_another_person",
            ),
        ),
    ]
