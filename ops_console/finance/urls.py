from django.urls import path, re_path

from . import book_views, break_views, inbox_views, journal_views, overview_views, payout_views, run_views, tax_views

app_name = "finance"
urlpatterns = [
    path("finance/", overview_views.index, name="overview"),
    path("finance/runs/", run_views.index, name="runs"),
    path("finance/runs/propose/", run_views.propose, name="propose"),
    path("finance/runs/<str:public_id>/", run_views.run, name="run"),
    path("finance/runs/<str:public_id>/progress/", run_views.progress, name="progress"),
    path("finance/runs/<str:public_id>/approve/", run_views.approve, name="approve"),
    path("finance/runs/<str:public_id>/drop/", run_views.drop, name="drop"),
    path("finance/settlements/<str:public_id>/", run_views.settlement, name="settlement"),
    path("finance/settlements/<str:public_id>/again/", run_views.try_again, name="try_again"),
    path("finance/breaks/", break_views.index, name="breaks"),
    path("finance/breaks/compare/", break_views.check_now, name="check_now"),
    path("finance/breaks/progress/", break_views.check_progress, name="check_progress"),
    path("finance/breaks/comparisons/", break_views.checks, name="checks"),
    path("finance/breaks/<str:public_id>/", break_views.show, name="break"),
    path("finance/breaks/<str:public_id>/take/", break_views.take, name="take"),
    path("finance/breaks/<str:public_id>/assign/", break_views.assign, name="assign"),
    path("finance/breaks/<str:public_id>/bank/", break_views.paid_twice, name="paid_twice"),
    path("finance/breaks/<str:public_id>/explain/", break_views.explain, name="explain"),
    path("finance/books/", book_views.balance, name="books"),
    path("finance/books/account/", book_views.account, name="account"),
    path("finance/books/search/", book_views.search, name="search"),
    path("finance/books/transfers/", book_views.lines, name="lines"),
    path("finance/books/corrections/", journal_views.index, name="corrections"),
    re_path(
        r"^finance/books/corrections/(?P<public_id>\w+)/(?P<verb>make|refuse)/$", journal_views.decide, name="decide"
    ),
    path("finance/books/journals/<str:journal_id>/", journal_views.show, name="journal"),
    path("finance/books/journals/<str:journal_id>/correct/", journal_views.ask, name="correct"),
    path("finance/books/tax/", tax_views.index, name="tax"),
    path("finance/books/tax/payments/", tax_views.pay, name="tax_pay"),
    re_path(
        r"^finance/books/tax/payments/(?P<public_id>\w+)/(?P<verb>book|refuse)/$", tax_views.decide, name="tax_decide"
    ),
    path("payments/", inbox_views.index, name="inbox"),
    path("payments/replay/", inbox_views.replay_many, name="replay_many"),
    path("payments/<int:pk>/", inbox_views.event, name="event"),
    path("payments/<int:pk>/replay/", inbox_views.replay, name="replay"),
    path("payments/<int:pk>/close/", inbox_views.close, name="close_event"),
    path("finance/payouts/", payout_views.index, name="payouts"),
    path("finance/payouts/malls/", payout_views.malls, name="payout_malls"),
    path("finance/payouts/malls/<str:public_id>/", payout_views.mall, name="payout_mall"),
    path("finance/payouts/malls/<str:public_id>/stop/", payout_views.stop, name="payout_stop"),
    path("finance/payouts/malls/<str:public_id>/go-on/", payout_views.go_on, name="payout_go_on"),
    path("finance/payouts/malls/<str:public_id>/hold/", payout_views.hold, name="payout_hold"),
    path("finance/payouts/<str:payout_id>/", payout_views.payout, name="payout"),
]
