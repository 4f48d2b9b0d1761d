"""Another car: what fits, one car with all that is known of it, keep it, sign and take it."""

from __future__ import annotations

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_safe

from yinuo.contexts.orders.queries.moves import get_model_code, get_price_fen
from yinuo.contexts.vehicles.queries import cars as queries
from yinuo.contexts.vehicles.rules import digest_of
from yinuo.platform import clock, uploads
from yinuo.platform.refusals import Refusal
from yinuo.web.customer.access import Reader, for_order, frame
from yinuo.web.kit import errors
from yinuo.web.kit.viewer import take_typed
from yinuo.workflows import other_car
from yinuo.workflows.car_place import other_centre
from yinuo.workflows.contract_again import clauses_of


def fitting(reader: Reader) -> list[queries.CarSeen]:
    """The cars that this order may have now; none when it has a car of its own already."""
    if queries.get_assigned(reader.order.id) is not None:
        return []
    order = reader.order
    return other_car.fitting(order, get_model_code(order.id), clock.now())


@require_safe
@for_order
def cars(request: HttpRequest, reader: Reader) -> HttpResponse:
    """What fits, the own city first; when nothing does, when we look again."""
    order = reader.order
    context = {
        **frame(reader, "do"),
        "cars": fitting(reader),
        "own_price_fen": get_price_fen(order.id),
        "assigned": queries.get_assigned(order.id),
        "kept": queries.get_kept(order.id, clock.now()),
    }
    return render(request, "customer/cars.html", context)


@require_http_methods(["GET", "POST"])
@for_order
def car(request: HttpRequest, reader: Reader, car_id: str) -> HttpResponse:
    """One car; a POST keeps it, gives it back, or takes it with a signature."""
    if request.method == "GET":
        return _show(request, reader, car_id)
    city = other_car.city_of(reader.order)
    if queries.get_car(car_id, order_id=reader.order.id, city=city, now=clock.now()) is None:
        raise Http404
    try:
        _act(request, reader, car_id)
    except other_car.NotYourChoice:
        return errors.forbidden(request)
    except Refusal as refused:
        return _show(request, reader, car_id, refused=refused)
    return redirect(f"/o/{reader.order.code}/cars/{car_id}")


def _act(request: HttpRequest, reader: Reader, car_id: str) -> None:
    now, step = clock.now(), request.POST.get("step", "")
    if step == "keep":
        other_car.hold(order=reader.order, car=car_id, now=now)
    elif step == "back":
        other_car.give_back(order=reader.order, car=car_id, now=now)
    else:
        other_car.take(
            order=reader.order,
            person_id=reader.person.id,
            car=car_id,
            name=request.POST.get("name", ""),
            digest=request.POST.get("digest", ""),
            language=request.language,  # type: ignore[attr-defined]
            now=now,
        )


def _show(
    request: HttpRequest, reader: Reader, car_id: str, *, refused: Refusal | None = None
) -> HttpResponse:
    language = request.language  # type: ignore[attr-defined]
    order, now = reader.order, clock.now()
    city = other_car.city_of(order)
    found = queries.get_car(car_id, order_id=order.id, city=city, now=now)
    if found is None:
        raise Http404
    text = queries.text_of(found.id, language)
    assigned = queries.get_assigned(order.id)
    context = {
        **frame(reader, "do"),
        "car": found,
        "taken": assigned is not None and assigned.car_public_id == car_id,
        "copy": queries.get_copy(reader.person.id, order.id, car_id),
        "clauses": clauses_of(order.id) if found.kept_until_at and not assigned else [],
        "elsewhere": None if assigned else other_centre(order, found),
        "text": text,
        "digest": digest_of(text),
        "own_price_fen": get_price_fen(order.id),
        "problem": refused.message(language) if refused else "",
        "typed": request.POST.get("name", "") or take_typed(request).get("name", ""),
    }
    return render(request, "customer/car.html", context, status=409 if refused else 200)


@require_safe
@for_order
def copy(request: HttpRequest, reader: Reader, car_id: str) -> HttpResponse:
    """The customer's copy of what was signed, word for word, with its digest."""
    found = queries.get_copy(reader.person.id, reader.order.id, car_id)
    if found is None:
        raise Http404
    text, digest = found
    answer = HttpResponse(text, content_type="text/plain; charset=utf-8")
    answer.headers["Content-Disposition"] = f'attachment; filename="{digest[:12]}.txt"'
    return answer


@require_safe
@for_order
def photo(request: HttpRequest, reader: Reader, car_id: str, digest: str) -> HttpResponse:
    """A photo of a damage of this car."""
    kind = queries.get_photo_type(car_id, digest)
    if not kind:
        raise Http404
    return uploads.response(room=other_car.PHOTOS, digest=digest, media_type=kind, name="damage")
