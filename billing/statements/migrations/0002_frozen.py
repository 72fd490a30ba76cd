from django.db import migrations

# What a statement says stays as it was issued: only its state moves, with who moved it and when, and its mall's schema when the
# mall moves. Lines and remarks are only added.
FORWARD = """
CREATE FUNCTION statements_refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'an issued statement stays; a correction is a line of the next one' USING ERRCODE = 'restrict_violation';
END
$$;
CREATE TRIGGER statement_lines_stay BEFORE UPDATE OR DELETE ON statements_statementline
    FOR EACH ROW EXECUTE FUNCTION statements_refuse_change();
CREATE TRIGGER statement_remarks_stay BEFORE UPDATE OR DELETE ON statements_remark
    FOR EACH ROW EXECUTE FUNCTION statements_refuse_change();
CREATE TRIGGER statements_stay BEFORE DELETE ON statements_statement
    FOR EACH ROW EXECUTE FUNCTION statements_refuse_change();
CREATE TRIGGER statement_figures_stay
    BEFORE UPDATE OF id, public_id, currency, first_day, starts_at, ends_at, opening_minor, closing_minor, pending_minor,
        available_minor, in_transit_minor, owed_minor, lines_count, issued_at
    ON statements_statement FOR EACH ROW
    WHEN ((OLD.id, OLD.public_id, OLD.currency, OLD.first_day, OLD.starts_at, OLD.ends_at, OLD.opening_minor, OLD.closing_minor,
           OLD.pending_minor, OLD.available_minor, OLD.in_transit_minor, OLD.owed_minor, OLD.lines_count, OLD.issued_at)
          IS DISTINCT FROM
          (NEW.id, NEW.public_id, NEW.currency, NEW.first_day, NEW.starts_at, NEW.ends_at, NEW.opening_minor, NEW.closing_minor,
           NEW.pending_minor, NEW.available_minor, NEW.in_transit_minor, NEW.owed_minor, NEW.lines_count, NEW.issued_at))
    EXECUTE FUNCTION statements_refuse_change();
DO $$
DECLARE grantee_name text; table_name_ text;
BEGIN
    FOR grantee_name, table_name_ IN
        SELECT DISTINCT grantee, table_name FROM information_schema.role_table_grants
        WHERE table_schema = 'public' AND table_name IN ('statements_statement', 'statements_statementline', 'statements_remark')
            AND grantee <> current_user AND grantee <> 'PUBLIC'
    LOOP
        EXECUTE format('REVOKE DELETE, TRUNCATE, TRIGGER, REFERENCES ON public.%I FROM %I', table_name_, grantee_name);
        IF table_name_ <> 'statements_statement' THEN
            EXECUTE format('REVOKE UPDATE ON public.%I FROM %I', table_name_, grantee_name);
        END IF;
    END LOOP;
END
$$;
"""
BACKWARD = """
DROP TRIGGER statement_figures_stay ON statements_statement;
DROP TRIGGER statements_stay ON statements_statement;
DROP TRIGGER statement_remarks_stay ON statements_remark;
DROP TRIGGER statement_lines_stay ON statements_statementline;
DROP FUNCTION statements_refuse_change();
"""


class Migration(migrations.Migration):
    dependencies = [("statements", "0001_initial")]
    operations = [migrations.RunSQL(FORWARD, BACKWARD)]
