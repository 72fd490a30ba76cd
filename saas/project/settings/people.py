"""People who log in: allauth, passwords, codes, the second factor."""

from .places import env

AUTH_USER_MODEL = "accounts.User"
# allauth's, with the limits of the agency's people in malls.
AUTHENTICATION_BACKENDS = ["tenants.entry.permissions.Backend"]
# The first hashes; the others verify what older releases kept, which is hashed anew at the next sign-in.
PASSWORD_HASHERS = [
    "saas.accounts.hashers.Argon2PasswordHasher",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
]
AUTH_PASSWORD_VALIDATORS = [
    {
        "NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator",
        "OPTIONS": {"user_attributes": ("name", "email")},
    },
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 10}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "/account/"
ACCOUNT_ADAPTER = "saas.accounts.adapter.AccountAdapter"
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_LOGIN_METHODS = {"email", "phone"}
# What allauth's own sign-up would ask; ours is asking for a code (saas.accounts.views). The password's being named here
# keeps it on the login page.
ACCOUNT_SIGNUP_FIELDS = ["email*", "phone", "password1*"]
ACCOUNT_FORMS = {
    "login": "saas.accounts.forms.PasswordLoginForm",
    "reset_password": "saas.accounts.forms.ResetPasswordForm",
    "reset_password_from_key": "saas.accounts.forms.ResetPasswordKeyForm",
    "confirm_login_code": "saas.accounts.forms.ConfirmCodeForm",
    "verify_phone": "saas.accounts.forms.VerifyPhoneForm",
}
ACCOUNT_LOGIN_BY_CODE_ENABLED = True
ACCOUNT_LOGIN_BY_CODE_TIMEOUT = 10 * 60
ACCOUNT_LOGIN_BY_CODE_MAX_ATTEMPTS = 5
ACCOUNT_LOGIN_BY_CODE_SUPPORTS_RESEND = True
ACCOUNT_PHONE_VERIFICATION_TIMEOUT = 10 * 60
ACCOUNT_PHONE_VERIFICATION_SUPPORTS_RESEND = True
ALLAUTH_USER_CODE_FORMAT = {"numeric": True, "length": 6, "dashed": False}
ACCOUNT_EMAIL_VERIFICATION = "optional"
# Keys of confirmation links are rows of the mall; signed ones would open the same row number in every mall.
ACCOUNT_EMAIL_CONFIRMATION_HMAC = False
ACCOUNT_PASSWORD_RESET_TOKEN_GENERATOR = "saas.accounts.tokens.ResetTokenGenerator"  # noqa: S105  a class, no password
ACCOUNT_PREVENT_ENUMERATION = True
ACCOUNT_EMAIL_UNKNOWN_ACCOUNTS = False
ACCOUNT_EMAIL_NOTIFICATIONS = True
ACCOUNT_EMAIL_SUBJECT_PREFIX = ""
ACCOUNT_SESSION_REMEMBER = True
ACCOUNT_LOGOUT_REDIRECT_URL = "/"
# REMOTE_ADDR is the client's own already, see saas.project.proxies.
ALLAUTH_TRUSTED_PROXY_COUNT = 0
MFA_ADAPTER = "saas.accounts.second_factor.SecondFactorAdapter"
MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
MFA_PASSKEY_LOGIN_ENABLED = True
MFA_TOTP_TOLERANCE = 1
# Shoppers prove their address by the code that lets them in; staff's was given by the owner or the agency.
MFA_ALLOW_UNVERIFIED_EMAIL = True
PHONENUMBER_DEFAULT_REGION = env.str("HUTONG_PHONE_REGION", "US")
