from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("payouts", "0002_stopped_payouts")]

    operations = [
        migrations.CreateModel(
            name="OwnerLetter",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("key", models.CharField(max_length=26, unique=True)),
                ("claimed_at", models.DateTimeField()),
                ("sent_at", models.DateTimeField(null=True)),
            ],
        ),
    ]
