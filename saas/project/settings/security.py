"""What browsers are told: cookies, frames, and the Content-Security-Policy."""

from typing import Any

from .places import BASE_DOMAIN, PUBLIC_SCHEME, env

SESSION_ENGINE = "saas.accounts.sessions"
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_AGE = 60 * 60 * 24 * 30
CSRF_COOKIE_HTTPONLY = True
CSRF_COOKIE_SAMESITE = "Lax"
X_FRAME_OPTIONS = "SAMEORIGIN"
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "strict-origin-when-cross-origin"

# --- Content-Security-Policy ------------------------------------------------------------------------------------------
# No inline script or style. Chromium applies form-action to the redirect that follows a form, so the hosted payment
# page's origin is named. Wagtail's admin needs more and gets its own header in tenants.isolation.middleware.
CHECKOUT_ORIGINS = env.list("STRIPE_CHECKOUT_ORIGINS", ["https://checkout.stripe.com"])
CONTENT_SECURITY_POLICY: dict[str, Any] = {
    "EXCLUDE_URL_PREFIXES": ["/manage/"],
    "DIRECTIVES": {
        "default-src": ["'self'"],
        "img-src": ["'self'", "data:", "blob:"],
        "object-src": ["'none'"],
        "base-uri": ["'none'"],
        # The platform's forms lead into malls.
        "form-action": ["'self'", f"{PUBLIC_SCHEME}://*.{BASE_DOMAIN}", *CHECKOUT_ORIGINS],
        "frame-ancestors": ["'self'"],
    },
}
ADMIN_CONTENT_SECURITY_POLICY = (
    "default-src 'self'; script-src 'self' 'unsafe-inline' 'unsafe-eval'; style-src 'self' 'unsafe-inline'; "
    "img-src 'self' data: blob:; object-src 'none'; base-uri 'none'; frame-ancestors 'self'"
)
