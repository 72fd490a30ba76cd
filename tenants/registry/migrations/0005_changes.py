import django.db.models.functions.datetime
from django.db import migrations, models

NOTED = ("registry_tenant", "registry_domain")
FUNCTION = """
CREATE FUNCTION registry_note_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    EXECUTE format('INSERT INTO %I.registry_registrychange DEFAULT VALUES', TG_TABLE_SCHEMA);
    RETURN NULL;
END $$;
"""
TRIGGER = (
    "CREATE TRIGGER changes_are_noted AFTER INSERT OR UPDATE OR DELETE OR TRUNCATE ON {table} "
    "FOR EACH STATEMENT EXECUTE FUNCTION registry_note_change();"
)


class Migration(migrations.Migration):
    dependencies = [("registry", "0004_restricted")]

    operations = [
        migrations.CreateModel(
            name="RegistryChange",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("changed_at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
            ],
        ),
        migrations.RunSQL(
            FUNCTION + "".join(TRIGGER.format(table=table) for table in NOTED),
            "".join(f"DROP TRIGGER changes_are_noted ON {table};" for table in NOTED)
            + "DROP FUNCTION registry_note_change();",
        ),
    ]
