from django.urls import path

from . import bulk_views, task_views, team_views, views

app_name = "work"
urlpatterns = [
    path("work/", views.mine, name="mine"),
    path("work/many/", bulk_views.ask, name="bulk_ask"),
    path("work/many/<str:public_id>/", bulk_views.show, name="bulk"),
    path("work/away/", team_views.absences, name="absences"),
    path("work/away/<int:pk>/end/", team_views.end_absence, name="absence_end"),
    path("templates/", team_views.templates, name="templates"),
    path("templates/seed/", team_views.seed, name="seed"),
    path("templates/new/", team_views.template, name="template_add"),
    path("templates/<slug:key>/", team_views.template, name="template"),
    path("templates/<slug:key>/retire/", team_views.retire, name="template_retire"),
    path("malls/<str:public_id>/board/", views.board, name="board"),
    path("tasks/<str:public_id>/", task_views.task, name="task"),
    path("tasks/<str:public_id>/open/", task_views.open_place, name="open"),
    path("tasks/<str:public_id>/start/", task_views.start, name="start"),
    path("tasks/<str:public_id>/tick/", task_views.tick, name="tick"),
    path("tasks/<str:public_id>/finish/", task_views.finish, name="finish"),
    path("tasks/<str:public_id>/undo/", task_views.undo, name="undo"),
    path("tasks/<str:public_id>/hand-over/", task_views.hand_over, name="hand_over"),
    path("tasks/<str:public_id>/ask/", task_views.ask, name="ask"),
    path("tasks/<str:public_id>/excuse/", task_views.excuse, name="excuse"),
    path("tasks/<str:public_id>/evidence/", task_views.attach, name="attach"),
    path("tasks/<str:public_id>/evidence/<str:evidence>/", task_views.picture, name="picture"),
    path("tasks/<str:public_id>/evidence/<str:evidence>/remove/", task_views.remove, name="remove"),
]
