"""Background work: the broker, the queues, whose work a task is. What beat starts stands in schedule.py."""

from .places import env

REDIS_URL = env.str("REDIS_URL")
# Enters the schema that a task was sent from; see saas.kernel.tasks.
TASK_SCOPE = "tenants.isolation.tasks.task_scope"
# Keeps what that schema does not take now.
TASK_KEEPER = "tenants.heldwork.operations.hold"
# Asked before a worker or beat starts; what it raises is the refusal.
TASK_START = "tenants.isolation.probes.before_start"
TASK_SCHEMA = "tenants.isolation.tasks.sending_schema"
CELERY_BROKER_URL = REDIS_URL
CELERY_TASK_IGNORE_RESULT = True
# Long work has a queue and a worker of its own, so that a payment never waits behind pictures.
CELERY_TASK_ROUTES = {
    name: {"queue": "background"}
    for name in (
        "cms.media.*",
        "cms.pages.*",
        "billing.settlements.carry_out",
        "ops_console.posts.publish",
        "ops_console.work.generate",
        "ops_console.work.do_bulk",
        "ops_console.posts.ask_merchant",
        "ops_console.work.ask_merchant",
        "ops_console.audits.write",
        "storefront.catalog.*",
        "tenants.provisioning.*",
        "tenants.archives.*",
        "tenants.erasure.*",
    )
}
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_TASK_TIME_LIMIT = 600
CELERY_TASK_SOFT_TIME_LIMIT = 540
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_WORKER_MAX_TASKS_PER_CHILD = 500
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
# A task whose worker was killed comes back after the visibility timeout; kombu sweeps every interval x throttle.
CELERY_BROKER_TRANSPORT_OPTIONS = {
    "visibility_timeout": 900,
    "unacked_restore_interval": 10,
    "unacked_restore_throttle": 1,
}
