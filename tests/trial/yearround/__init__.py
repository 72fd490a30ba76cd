"""A next release's work in Python, in every mall; comes with tests.trial.season."""
