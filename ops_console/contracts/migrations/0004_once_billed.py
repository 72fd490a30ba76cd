from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("contracts", "0003_operator"),
    ]

    operations = [
        migrations.AddField(
            model_name="contractversion",
            name="once_billed_at",
            field=models.DateTimeField(null=True),
        ),
    ]
