"""A site without any address: no error page that leads on can be shown on it."""

urlpatterns: list[object] = []
