from django.urls import path

from . import archive_views, ending_views, lifecycle_views, mall_views, trail_views, views

app_name = "portfolio"
urlpatterns = [
    path("", views.overview, name="overview"),
    path("malls/", views.list_malls, name="malls"),
    path("malls/<str:public_id>/", mall_views.summary, name="mall"),
    path("malls/<str:public_id>/money/", mall_views.money_lines, name="money"),
    path("malls/<str:public_id>/visits/", mall_views.visits, name="visits"),
    path("malls/<str:public_id>/log/", mall_views.log, name="log"),
    path("malls/<str:public_id>/suspend/", mall_views.suspend, name="suspend"),
    path("malls/<str:public_id>/resume/", mall_views.resume, name="resume"),
    path("malls/<str:public_id>/domains/", lifecycle_views.mall_domains, name="mall_domains"),
    path("malls/<str:public_id>/lifecycle/", lifecycle_views.lifecycle, name="lifecycle"),
    path("malls/<str:public_id>/export/", lifecycle_views.export, name="export"),
    path("malls/<str:public_id>/erase/", lifecycle_views.erase, name="erase"),
    path("malls/<str:public_id>/erase/moves/", ending_views.moves, name="erase_moves"),
    path("malls/<str:public_id>/erase/refund/", ending_views.give_back, name="erase_refund"),
    path("malls/<str:public_id>/keep/", lifecycle_views.keep, name="keep"),
    path("archives/", archive_views.list_archives, name="archives"),
    path("archives/restore/", archive_views.restore, name="restore_new"),
    path("archives/restores/<str:public_id>/", archive_views.show_restore, name="restore"),
    path("archives/erasures/", archive_views.register, name="register"),
    path("archives/download/<str:token>/", lifecycle_views.download, name="download"),
    path("archives/<str:public_id>/link/", lifecycle_views.link, name="archive_link"),
    path("archives/<str:public_id>/remove/", lifecycle_views.remove, name="archive_remove"),
    path("work/<slug:kind>/<str:public_id>/", lifecycle_views.work, name="work"),
    path("work/<slug:kind>/<str:public_id>/cancel/", lifecycle_views.cancel, name="work_cancel"),
    path("domains/", archive_views.list_domains, name="domains"),
    path("domains/<int:pk>/free/", archive_views.lift, name="lift"),
    path("audit/", trail_views.audit, name="audit"),
]
