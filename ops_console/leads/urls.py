from django.urls import path

from . import views, writing_views

app_name = "leads"
urlpatterns = [
    path("leads/", views.board, name="board"),
    path("leads/list/", views.index, name="index"),
    path("leads/add/", writing_views.add, name="add"),
    path("leads/<str:public_id>/", views.detail, name="detail"),
    path("leads/<str:public_id>/edit/", writing_views.edit, name="edit"),
    path("leads/<str:public_id>/move/", writing_views.move, name="move"),
    path("leads/<str:public_id>/lose/", writing_views.lose, name="lose"),
    path("leads/<str:public_id>/note/", writing_views.note, name="note"),
    path("leads/<str:public_id>/plan/", writing_views.plan, name="plan"),
    path("leads/<str:public_id>/step-done/", writing_views.step_done, name="step_done"),
    path("leads/<str:public_id>/contacts/add/", writing_views.contact_add, name="contact_add"),
    path("leads/<str:public_id>/contacts/<str:contact>/", writing_views.contact, name="contact"),
    path("leads/<str:public_id>/contacts/<str:contact>/remove/", writing_views.contact_remove, name="contact_remove"),
    path("leads/<str:public_id>/mall/", writing_views.open_mall, name="open_mall"),
    path("leads/<str:public_id>/mall/choose/", writing_views.choose_mall, name="choose_mall"),
]
