from django.urls import path

from . import deciding_views, pipeline_views, views

app_name = "audits"
urlpatterns = [
    path("audits/", views.index, name="index"),
    path("audits/pipelines/", pipeline_views.index, name="pipelines"),
    path("audits/pipelines/add/", pipeline_views.add, name="pipeline_add"),
    path("audits/pipelines/<str:public_id>/", pipeline_views.edit, name="pipeline"),
    path("audits/pipelines/<str:public_id>/retire/", pipeline_views.retire, name="pipeline_retire"),
    path("audits/malls/", pipeline_views.malls, name="malls"),
    path("audits/malls/<str:public_id>/", pipeline_views.set_mall, name="mall"),
    path("audits/<str:public_id>/", views.detail, name="detail"),
    path("audits/<str:public_id>/visit/", deciding_views.visit, name="visit"),
    path("audits/<str:public_id>/pictures/<str:piece>/", views.picture, name="picture"),
    path("audits/<str:public_id>/deal-picture/<slug:which>/", views.deal_picture, name="deal_picture"),
    path("audits/<str:public_id>/<slug:stage>/decide/", deciding_views.decide, name="decide"),
    path("audits/<str:public_id>/<slug:stage>/evidence/", deciding_views.add_evidence, name="evidence"),
]
