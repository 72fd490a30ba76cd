"""What a next release adds to malls: a table, a column of the deals. `HUTONG_TRIAL_APPS` brings it in."""
