"""What a next release adds to malls: a table, columns of tables that sell, rows by Python. `HUTONG_TRIAL_APPS` brings it in."""
