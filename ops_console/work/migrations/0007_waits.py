from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("work", "0006_leave_out"),
    ]

    operations = [
        migrations.AddField(
            model_name="task",
            name="waits",
            field=models.JSONField(db_default=[], default=list),
        ),
    ]
