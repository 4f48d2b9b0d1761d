"""The addresses of the hand-over: the customer's, and those of a named helper under `/i`."""

from django.urls import path

from yinuo.web.customer import checks, evidence, handover, money, signing

urlpatterns = [
    path("i", checks.enter_pass),
    path("i/list", checks.listed),
    path("i/done", checks.listed),
    path("i/check/<str:group>", checks.group),
    path("i/evidence/<str:ref>", evidence.show),
    path("i/uploads", evidence.begin),
    path("i/uploads/<str:ref>", evidence.part),
    path("o/<str:code>/handover", handover.home),
    path("o/<str:code>/handover/check/<str:group>", checks.group),
    path("o/<str:code>/handover/decide", signing.decide),
    path("o/<str:code>/handover/sign", signing.sign),
    path("o/<str:code>/handover/pay", money.pay),
    path("o/<str:code>/handover/keys", signing.keys),
    path("o/<str:code>/handover/again", handover.look_again),
    path("o/<str:code>/handover/return", handover.give_back),
    path("o/<str:code>/handover/helper", handover.helper),
    path("o/<str:code>/handover/damage/<str:ref>", handover.answer_damage),
    path("o/<str:code>/handover/look/<str:ref>", handover.answer_look),
    path("o/<str:code>/handover/evidence/<str:ref>", evidence.show),
    path("o/<str:code>/handover/uploads", evidence.begin),
    path("o/<str:code>/handover/uploads/<str:ref>", evidence.part),
    path("o/<str:code>/handover/record.pdf", handover.record),
]
