from django.apps import AppConfig


class PostsConfig(AppConfig):
    name = "ops_console.posts"
    label = "console_posts"
