"""
The stock parts as they come: django-tenants' wrapper, middleware, cache, storage and loader, tenant-schemas-celery, and what
Django and Wagtail keep for a whole process. An app and a setting of its own, in a process of its own (`keeper.py`), on a
throwaway database with the malls `alpha` and `beta`.
"""
