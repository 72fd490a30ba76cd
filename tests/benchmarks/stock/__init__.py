"""The baseline of `storm`: our entrance on django-tenants' wrapper as it comes."""
