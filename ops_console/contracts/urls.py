from django.urls import path

from . import act_views, draft_views, people_views, views

app_name = "contracts"
urlpatterns = [
    path("contracts/", views.index, name="index"),
    path("malls/<str:public_id>/quote/", draft_views.new_quote, name="quote"),
    path("quotes/<str:public_id>/", draft_views.quote, name="quote_detail"),
    path("quotes/<str:public_id>/drop/", draft_views.drop_quote, name="quote_drop"),
    path("contracts/<str:public_id>/", views.detail, name="detail"),
    path("contracts/<str:public_id>/people/", people_views.people, name="people"),
    path("contracts/<str:public_id>/dates/", draft_views.dates, name="dates"),
    path("contracts/<str:public_id>/limits/", draft_views.limits, name="limits"),
    path("contracts/<str:public_id>/prices/", draft_views.prices, name="prices"),
    path("contracts/<str:public_id>/preview/", draft_views.preview, name="preview"),
    path("contracts/<str:public_id>/clauses/<str:number>/", draft_views.clause, name="clause"),
    path("contracts/<str:public_id>/clauses/<str:number>/remove/", draft_views.remove_clause, name="clause_remove"),
    path("contracts/<str:public_id>/send/", act_views.send, name="send"),
    path("contracts/<str:public_id>/withdraw/", act_views.withdraw, name="withdraw"),
    path("contracts/<str:public_id>/sign/", act_views.sign, name="sign"),
    path("contracts/<str:public_id>/amend/", act_views.amend, name="amend"),
    path("contracts/<str:public_id>/end/", act_views.end, name="end"),
    path("contracts/<str:public_id>/end-now/", act_views.end_now, name="end_now"),
    path("contracts/<str:public_id>/hand-over/<str:key>/", act_views.tick, name="tick"),
    path("contracts/<str:public_id>/versions/<int:number>/pdf/", views.pdf, name="pdf"),
    path("contracts/<str:public_id>/versions/<int:number>/changes/", views.diff, name="diff"),
]
