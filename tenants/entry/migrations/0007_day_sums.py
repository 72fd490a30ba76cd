from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("entry", "0006_second_yes_lapses"),
    ]

    operations = [
        migrations.CreateModel(
            name="DaySum",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("limit", models.CharField(max_length=20)),
                ("day", models.DateField()),
                ("amount", models.PositiveBigIntegerField(default=0)),
            ],
            options={
                "constraints": [models.UniqueConstraint(fields=("limit", "day"), name="day_sum_once")],
            },
        ),
    ]
