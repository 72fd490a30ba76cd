from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("packages", "0002_agreed_by_contract"),
    ]

    operations = [
        migrations.RemoveConstraint(
            model_name="subscription",
            name="subscription_one_open_for_a_mall",
        ),
        migrations.AddField(
            model_name="subscription",
            name="added",
            field=models.JSONField(db_default={}, default=dict),
        ),
        migrations.AddField(
            model_name="subscription",
            name="card_asked_at",
            field=models.DateTimeField(null=True),
        ),
        migrations.AddField(
            model_name="subscription",
            name="settled_at",
            field=models.DateTimeField(null=True),
        ),
        migrations.AddConstraint(
            model_name="subscription",
            constraint=models.UniqueConstraint(
                condition=models.Q(("state", "active")),
                fields=("tenant_schema",),
                name="subscription_one_active_for_a_mall",
            ),
        ),
        migrations.AddConstraint(
            model_name="subscription",
            constraint=models.UniqueConstraint(
                condition=models.Q(("contract", ""), ("state__in", ["offered", "beginning", "active"])),
                fields=("tenant_schema",),
                name="subscription_one_open_without_contract",
            ),
        ),
    ]
