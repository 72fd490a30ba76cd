"""Shoppers who ended their account, so that an archive from before brings nobody back."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("erasure", "0001_initial")]

    operations = [
        migrations.CreateModel(
            name="EndedPerson",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("person", models.CharField(max_length=26, unique=True)),
                ("schema_name", models.CharField(max_length=63)),
                ("ended_at", models.DateTimeField()),
            ],
        ),
    ]
