"""The addresses a customer uses; an address is never given a new meaning."""

from django.urls import path

from yinuo.web.customer import account, login, orders

urlpatterns = [
    path("login", login.login),
    path("login/role", login.role),
    path("logout", login.logout),
    path("me", account.me),
    path("o/<str:code>", orders.home),
]
