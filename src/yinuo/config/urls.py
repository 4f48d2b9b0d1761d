"""Every address, by audience."""

from django.urls import URLPattern, URLResolver, path

from yinuo.web.public import status

urlpatterns: list[URLPattern | URLResolver] = [
    path("healthz", status.healthz, name="healthz"),
    path("readyz", status.readyz, name="readyz"),
]
