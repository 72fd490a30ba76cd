from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("reports", "0003_paid_credits")]

    operations = [
        migrations.CreateModel(
            name="KeptBatch",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("batch", models.CharField(max_length=26, unique=True)),
                ("kept_at", models.DateTimeField()),
            ],
        ),
        migrations.AddField(model_name="report", name="mail_claimed_at", field=models.DateTimeField(null=True)),
    ]
