from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("erasure", "0003_a_mall_that_moves")]

    operations = [
        migrations.AddConstraint(
            "endedperson",
            models.UniqueConstraint(fields=("person", "schema_name"), name="ended_once_in_a_mall"),
        ),
        migrations.AlterField("endedperson", "person", models.CharField(max_length=26)),
    ]
