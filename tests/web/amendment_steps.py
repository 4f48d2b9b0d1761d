"""What tests of amendments share: a licence photo, a filled form, the code that was sent."""

from __future__ import annotations

import datetime as dt
import io
import re

from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from PIL import Image

from tests import factories
from yinuo.contexts.notices.models import DirectMessage
from yinuo.contexts.orders.models import Amendment
from yinuo.contexts.people.models import LoginCode
from yinuo.platform import clock

CODE = "91350100M000100Y43"
ORDER = "TJ26ZH"
PAGE = f"/o/{ORDER}/buyer"


def licence(name: str = "licence.jpg", kind: str = "image/jpeg") -> SimpleUploadedFile:
    """A photo of a licence."""
    out = io.BytesIO()
    Image.new("RGB", (60, 40), "red").save(out, "JPEG")
    return SimpleUploadedFile(name, out.getvalue(), kind)


def form(**changed: object) -> dict[str, object]:
    """The company's form, filled in."""
    filled = {
        "kind": "TO_COMPANY",
        "loan": "NONE",
        "plate": "NEW_BUYER",
        "company_name": "天津津门贸易有限公司",
        "company_code": CODE,
        "to_name": "",
        "to_phone": "",
        "request_key": "req_1",
        "licence": licence(),
    }
    return {key: value for key, value in {**filled, **changed}.items() if value is not None}


def digits_to(phone: str) -> str:
    """The newest code that went to this number."""
    newest = DirectMessage.objects.filter(address=phone).order_by("-id").first()
    assert newest is not None, f"nothing was sent to {phone}"
    found = re.search(r"\d{6}", newest.text)
    assert found
    return found.group()


def confirm(client: Client, phone: str) -> None:
    """Type the code that was sent."""
    answer = client.post(PAGE, {"step": "confirm", "digits": digits_to(phone)})
    assert answer.status_code == 302, answer.content.decode()


def only() -> Amendment:
    """The one amendment there is."""
    return Amendment.objects.get()


def later(**by: float) -> dt.datetime:
    """Move the clock on; codes of a minute ago no longer stand in the way."""
    at = clock.now() + dt.timedelta(**by)
    clock.set_test_clock(at=at, running=False)
    return at


def forget_codes() -> None:
    """As if no code had been sent lately."""
    LoginCode.objects.all().delete()


def make(world: factories.World, **order: object) -> None:
    """The order of the tour: built, for Tianjin."""
    given = {"state": "BUILT", "line": world.other_line, **order}
    factories.make_order(world, ORDER, **given)  # type: ignore[arg-type]
