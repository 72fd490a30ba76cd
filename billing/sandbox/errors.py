"""Stripe-shaped refusals: the HTTP status and the body of `{"error": {…}}`."""

from typing import Any

Json = dict[str, Any]

DOCS = "https://stripe.com/docs/error-codes/"


class ApiError(Exception):
    """
    An answer that is not 2xx.

    `keeps` says that what the request changed stays changed (a declined card leaves a failed charge behind) and that
    the answer is remembered under the idempotency key; every other refusal undoes all of the request.
    """

    def __init__(
        self, status: int, message: str, *, kind: str = "invalid_request_error", keeps: bool = False, **more: Any
    ):
        super().__init__(message)
        self.status = status
        self.keeps = keeps
        self.error: Json = {"message": message, "type": kind}
        self.error.update({name: value for name, value in more.items() if value is not None})
        if "code" in self.error:
            self.error["doc_url"] = DOCS + str(self.error["code"]).replace("_", "-")

    @property
    def body(self) -> Json:
        """The JSON answer."""
        return {"error": self.error}


def bad(message: str, *, code: str | None = None, param: str | None = None) -> ApiError:
    """400: the request cannot be done as it was sent."""
    return ApiError(400, message, code=code, param=param)


def no_such(label: str, object_id: str, *, param: str = "id", status: int = 404) -> ApiError:
    """Resource missing; 404 for the object in the path, 400 for one that a parameter names."""
    return ApiError(status, f"No such {label}: '{object_id}'", code="resource_missing", param=param)


def unauthorised(message: str) -> ApiError:
    """401: no key, or a key that the sandbox refuses."""
    return ApiError(401, message)


def unknown_address(method: str, path: str) -> ApiError:
    """404: nothing lives at that address."""
    return ApiError(
        404, f"Unrecognized request URL ({method}: {path}). The sandbox may not speak this part of Stripe yet."
    )


def declined(message: str, *, code: str, decline_code: str | None, intent: Json) -> ApiError:
    """402: the card said no; the failed attempt is kept."""
    return ApiError(
        402,
        message,
        kind="card_error",
        keeps=True,
        code=code,
        decline_code=decline_code,
        payment_intent=intent,
    )
