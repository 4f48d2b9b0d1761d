"""The addresses of the API, and its description as OpenAPI. Nothing is loaded from another host."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.urls import path
from ninja import NinjaAPI
from ninja.errors import ValidationError

from yinuo.web.api import claims, docs, feeds, launches, payments, quotes, receipts
from yinuo.web.api.problems import Problem, answer, new_request_id

api = NinjaAPI(
    title="Yinuo",
    version="1",
    description="Records in: orders, capacity, plans, builds, shipments, carrier events."
    " Quotes. Tickets. Hidden posts. Public statements out.",
    docs_url=None,
    openapi_extra={
        "components": {"securitySchemes": {"key": {"type": "http", "scheme": "bearer"}}}
    },
)
api.add_router("/v1", feeds.router)
api.add_router("/v1", quotes.router)
api.add_router("/v1", launches.router)
api.add_router("/v1", claims.router)


@api.exception_handler(Problem)
def answer_problem(request: HttpRequest, problem: Problem) -> HttpResponse:
    """Every reason in one form."""
    return answer(problem, new_request_id())


@api.exception_handler(ValidationError)
def answer_bad_parameter(
    request: HttpRequest,
    problem: ValidationError,
) -> HttpResponse:
    """A query parameter that is not what it should be."""
    name = str(problem.errors[0]["loc"][-1])
    wrong = Problem(
        400, "bad_parameter", f"参数 {name} 不对", f"The parameter {name} is wrong.", name
    )
    return answer(wrong, new_request_id())


urlpatterns = [
    path("v1/receipts/<str:provider>/<str:secret>", receipts.take, name="api-receipts"),
    path("v1/payments/<str:provider>/notify", payments.notify, name="api-payments"),
    path("docs", docs.show, name="api-docs"),
    path("", api.urls),
]
