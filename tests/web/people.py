"""Signing in without a browser, and reading what comes back."""

from __future__ import annotations

import html

from django.test import Client

from yinuo.contexts.people.models import Person, StaffMember


def sign_in(person: Person, **headers: str) -> Client:
    """A client with this customer's session."""
    client = Client(headers=headers)
    session = client.session
    session["person_id"] = person.id
    session["staff_id"] = None
    session.save()
    return client


def sign_in_staff(staff: StaffMember, **headers: str) -> Client:
    """A client with this member of staff's session."""
    client = Client(headers=headers)
    session = client.session
    session.update({"person_id": None, "staff_id": staff.id})
    session.save()
    return client


def read(client: Client, path: str, status: int = 200) -> str:
    """The text of a page that must answer with `status`."""
    answer = client.get(path)
    assert answer.status_code == status, answer.content.decode()[:3000]
    return html.unescape(answer.content.decode())


def send(client: Client, path: str, status: int, **fields: str) -> str:
    """Post a form; the text of the answer, or where it leads."""
    answer = client.post(path, fields)
    assert answer.status_code == status, answer.content.decode()[:3000]
    return answer.get("Location") or html.unescape(answer.content.decode())
