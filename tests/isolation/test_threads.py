"""T5: answers that are streamed from threads which serve both malls by turns."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

from django.db import connection
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.test import RequestFactory

from storefront.stores.models import Store
from tenants.isolation.entrance import inside
from tenants.isolation.middleware import MallMiddleware
from tenants.registry.models import Tenant

SLUGS = ("riverside", "hillside")
THREADS, EACH = 6, 30


def careless(_request: HttpRequest) -> HttpResponse:
    """Read the database while the answer is sent, after the request has left its mall."""

    def parts() -> Iterator[bytes]:
        with connection.cursor() as cursor:
            cursor.execute("SELECT current_schema()")
            yield str(cursor.fetchone()[0]).encode()

    return StreamingHttpResponse(parts())  # type: ignore[return-value]


def careful(request: HttpRequest) -> HttpResponse:
    """Enter the mall inside the generator, and read in chunks with what belongs to them."""
    tenant = request.tenant  # type: ignore[attr-defined]

    def parts() -> Iterator[bytes]:
        with inside(tenant):
            names = [store.name for store in Store.objects.prefetch_related("deals").iterator(chunk_size=2)]
        yield ",".join(names).encode()

    return StreamingHttpResponse(parts())  # type: ignore[return-value]


def test_a_streamed_answer_never_reads_another_mall_t5(committed: None) -> None:
    schemas = {slug: Tenant.objects.get(slug=slug).schema_name for slug in SLUGS}
    for slug, schema in schemas.items():
        with inside(schema):
            for number in range(5):
                Store.objects.create(name=f"{slug} {number}", street="1 Mill Lane", city="Here")

    def serve(thread: int) -> list[tuple[str, str, str]]:
        found = []
        for number in range(EACH):
            slug = SLUGS[(thread + number) % 2]
            request = RequestFactory().get("/", HTTP_HOST=f"{slug}.localhost")
            answers = [MallMiddleware(view)(request) for view in (careless, careful)]
            texts = [b"".join(answer.streaming_content).decode() for answer in answers]  # type: ignore[attr-defined]
            found.append((slug, *texts))
        connection.close()
        return found

    with ThreadPoolExecutor(THREADS) as pool:
        found = [line for lines in pool.map(serve, range(THREADS)) for line in lines]
    assert len(found) == THREADS * EACH
    for slug, careless_read, careful_read in found:
        assert careless_read in ("public", schemas[slug])
        assert set(careful_read.split(",")) >= {f"{slug} {number}" for number in range(5)}
        assert SLUGS[slug == SLUGS[0]] not in careful_read
