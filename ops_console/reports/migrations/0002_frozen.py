from django.db import migrations

FORWARD = """
CREATE FUNCTION reports_refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF (OLD.content, OLD.contract, OLD.kind, OLD.starts_on, OLD.ends_on, OLD.issued_at)
        IS DISTINCT FROM (NEW.content, NEW.contract, NEW.kind, NEW.starts_on, NEW.ends_on, NEW.issued_at) THEN
        RAISE EXCEPTION 'an issued report is never changed' USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END
$$;
CREATE TRIGGER report_rows_stay BEFORE UPDATE ON reports_report FOR EACH ROW EXECUTE FUNCTION reports_refuse_change();
"""
BACKWARD = """
DROP TRIGGER report_rows_stay ON reports_report;
DROP FUNCTION reports_refuse_change();
"""


class Migration(migrations.Migration):
    dependencies = [("reports", "0001_initial")]
    operations = [migrations.RunSQL(FORWARD, BACKWARD)]
