from django.db import migrations

# Transfers are only added: the application's role may insert and read, and a trigger refuses the rest to everybody.
# Where one role both owns and uses the tables, only the trigger stands.
FORWARD = """
CREATE FUNCTION ledger_refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'the ledger is append-only; correct a transfer by reversing it' USING ERRCODE = 'restrict_violation';
END
$$;
CREATE TRIGGER transfer_rows_stay BEFORE UPDATE OR DELETE ON ledger_transfer FOR EACH ROW EXECUTE FUNCTION ledger_refuse_change();
CREATE TRIGGER transfer_table_stays BEFORE TRUNCATE ON ledger_transfer FOR EACH STATEMENT EXECUTE FUNCTION ledger_refuse_change();
DO $$
DECLARE grantee_name text;
BEGIN
    FOR grantee_name IN
        SELECT DISTINCT grantee FROM information_schema.role_table_grants
        WHERE table_schema = 'public' AND table_name = 'ledger_transfer' AND grantee <> current_user AND grantee <> 'PUBLIC'
    LOOP
        EXECUTE format('REVOKE UPDATE, DELETE, TRUNCATE, TRIGGER, REFERENCES ON public.ledger_transfer FROM %I', grantee_name);
        EXECUTE format('REVOKE DELETE, TRUNCATE, TRIGGER, REFERENCES ON public.ledger_account FROM %I', grantee_name);
    END LOOP;
END
$$;
"""
BACKWARD = """
DROP TRIGGER transfer_rows_stay ON ledger_transfer;
DROP TRIGGER transfer_table_stays ON ledger_transfer;
DROP FUNCTION ledger_refuse_change();
"""


class Migration(migrations.Migration):
    dependencies = [("ledger", "0001_initial")]
    operations = [migrations.RunSQL(FORWARD, BACKWARD)]
