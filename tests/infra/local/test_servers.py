from infra.local.servers import DEVELOPMENT, TESTING, Servers
from infra.local.state import State

THEIRS = {"DATABASE_URL": "postgres://them@db.example/mall", "REDIS_URL": "redis://cache.example:6379/0"}


def test_servers_named_outside_are_used_and_not_started(state: State) -> None:
    servers = Servers(state, THEIRS)
    assert servers.services() == []
    variables = servers.variables()
    assert variables["DATABASE_URL"] == variables["DATABASE_OWNER_URL"] == THEIRS["DATABASE_URL"]
    assert variables["REDIS_URL"] == THEIRS["REDIS_URL"]
    assert servers.described() == "Using your database and Redis"


def test_an_owner_and_a_stripe_named_outside_are_kept(state: State) -> None:
    outside = THEIRS | {
        "DATABASE_OWNER_URL": "postgres://owner@db.example/mall",
        "STRIPE_API_BASE": "https://pay.example",
    }
    variables = Servers(state, outside | {"STRIPE_SECRET_KEY": "sk_test_theirs"}).variables()
    assert variables["DATABASE_OWNER_URL"] == "postgres://owner@db.example/mall"
    assert variables["STRIPE_API_BASE"] == "https://pay.example"
    assert variables["STRIPE_SECRET_KEY"] == "sk_test_theirs"


def test_only_what_is_not_named_outside_is_started(state: State) -> None:
    servers = Servers(state, {"DATABASE_URL": THEIRS["DATABASE_URL"]})
    assert [service.name for service in servers.services()] == ["valkey"]
    assert servers.described() == "Using your database; Valkey is ready"


def test_the_application_never_gets_the_superusers_password_and_tests_do(state: State) -> None:
    product = Servers(state, {}).variables()
    assert product["DJANGO_SETTINGS_MODULE"] == DEVELOPMENT
    assert state.secret("postgres_postgres_password") not in " ".join(product.values())
    assert "DATABASE_SUPERUSER_URL" in Servers(state, {}, settings=TESTING).variables()


def test_the_stripe_keys_look_like_stripes_and_stay_the_same(state: State) -> None:
    first, second = Servers(state, {}).variables(), Servers(state, {}).variables()
    assert first == second
    assert first["STRIPE_SECRET_KEY"].startswith("sk_test_")
    assert first["STRIPE_WEBHOOK_SECRET"].startswith("whsec_")
    assert first["STRIPE_API_BASE"].startswith("http://127.0.0.1:")


def test_what_joins_an_instance_cannot_change_where_its_state_is(state: State) -> None:
    variables = Servers(state, {"HUTONG_STATE": "/elsewhere", "DJANGO_SETTINGS_MODULE": "other"}).variables()
    assert variables["HUTONG_STATE"] == str(state.root)
    assert variables["DJANGO_SETTINGS_MODULE"] == DEVELOPMENT
