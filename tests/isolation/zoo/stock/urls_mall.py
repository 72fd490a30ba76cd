"""What a stock mall answers."""

from typing import Any

urlpatterns: list[Any] = []
