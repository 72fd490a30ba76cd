from allauth.mfa import urls as second_factor_urls
from django.urls import include, path

from . import views

urlpatterns = [
    # Before allauth's own: signing up is asking for a code, and a primary address is a proved one.
    path("signup/", views.sign_up, name="account_signup"),
    path("login/", views.SignInView.as_view(), name="account_login"),
    path("login/code/", views.RequestCodeView.as_view(), name="account_request_login_code"),
    path("email/", views.AddressesView.as_view(), name="account_email"),
    path("second-factor/", include(second_factor_urls)),
    path("", include("allauth.account.urls")),
]
