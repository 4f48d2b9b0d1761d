"""The addresses a customer uses; an address is never given a new meaning."""

from django.urls import include, path

from yinuo.web.customer import (
    account,
    buyer,
    cancel,
    changes,
    confirm,
    deadline,
    login,
    options,
    orders,
    postpone,
    queue,
    tickets,
    visit,
)

urlpatterns = [
    path("", include("yinuo.web.customer.handover_urls")),
    path("login", login.login),
    path("login/role", login.role),
    path("logout", login.logout),
    path("me", account.me),
    path("n", changes.enter_code),
    path("n/open", changes.opened),
    path("t/<str:code>", tickets.ticket),
    path("t/<str:code>/name", tickets.name),
    path("t/<str:code>/car", tickets.car),
    path("t/<str:code>/back", tickets.back),
    path("t/<str:code>/confirm", confirm.confirm),
    path("o/<str:code>", orders.home),
    path("o/<str:code>/changes/<int:n>", changes.change),
    path("o/<str:code>/options", options.options),
    path("o/<str:code>/buyer", buyer.buyer),
    path("papers/<int:paper_id>", buyer.paper),
    path("o/<str:code>/by", deadline.by),
    path("o/<str:code>/cancel", cancel.cancel),
    path("o/<str:code>/postpone", postpone.postpone),
    path("o/<str:code>/handover/visit", visit.visit),
    path("o/<str:code>/handover/visit.ics", visit.calendar),
    path("o/<str:code>/queue", queue.queue),
    path("o/<str:code>/do", queue.do),
    path("o/<str:code>/say", queue.tell_us),
    path("o/<str:code>/record", queue.record),
]
