"""The addresses that staff use."""

from django.urls import path

from yinuo.web.console import (
    grounds,
    growth,
    notices,
    orders,
    outbox,
    plan,
    pulse,
    quality,
    tasks,
    today,
    unusual,
    whatif,
)

urlpatterns = [
    path("", today.today),
    path("people", today.people),
    path("choices/<int:choice_id>", tasks.choice),
    path("calls/<int:call_id>", tasks.call),
    path("choices/<int:task_id>/take", tasks.take, {"kind": "choices"}),
    path("calls/<int:task_id>/take", tasks.take, {"kind": "calls"}),
    path("reports/<str:kind>/<int:report_id>", tasks.report),
    path("notices/new", notices.new),
    path("notices/report", notices.report),
    path("notices/<str:ref>", notices.event),
    path("notices/<str:ref>/correct", notices.correct),
    path("orders", orders.search),
    path("orders/<str:code>", orders.order),
    path("orders/<str:code>/asked", orders.inquire),
    path("plan", plan.plans),
    path("plan/grounds", grounds.grounds),
    path("plan/growth", growth.growth),
    path("plan/whatif", whatif.suppose),
    path("plan/<str:public_id>/diff", plan.diff),
    path("plan/<str:public_id>/decide", plan.decide),
    path("quality", quality.quality),
    path("quality/<int:hold_id>/release", quality.release),
    path("unusual", unusual.unusual),
    path("unusual/<int:period_id>/end", unusual.end),
    path("unusual/alarms/<int:alarm_id>/accept", unusual.accept),
    path("unusual/alarms/<int:alarm_id>/reject", unusual.reject),
    path("pulse", pulse.pulse),
    path("outbox", outbox.outbox),
]
