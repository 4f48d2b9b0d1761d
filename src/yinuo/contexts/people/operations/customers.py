"""Customers as other systems tell us of them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from django.db import connection

from yinuo.platform import ids


class Customer(NamedTuple):
    """Somebody who ordered a car; `phone` as `platform.phones.clean_phone` gives it."""

    phone: str
    name: str
    email: str
    language: str


def find_or_create(customers: Iterable[Customer]) -> dict[str, int]:
    """The row of each customer by phone; who is not known yet is added.

    Who is known keeps the name and address they have: a later order does not rename anybody.
    """
    by_phone: dict[str, Customer] = {}
    for customer in customers:
        by_phone.setdefault(customer.phone, customer)
    found = _rows(list(by_phone))
    # Locks taken together are taken in one order.
    fresh = [by_phone[phone] for phone in sorted(by_phone.keys() - found.keys())]
    if fresh:
        public_ids = ids.new_ids("per", len(fresh))
        with connection.cursor() as cursor:
            cursor.execute(
                "INSERT INTO people_person (public_id, phone, name, email, language)"
                " SELECT * FROM unnest(%s::text[], %s::text[], %s::text[], %s::text[], %s::text[])"
                " ON CONFLICT (phone) DO NOTHING",
                [public_ids, *(list(column) for column in zip(*fresh, strict=True))],
            )
        found |= _rows([customer.phone for customer in fresh])
    return found


def _rows(phones: list[str]) -> dict[str, int]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT phone, id FROM people_person WHERE phone = ANY(%s)", [phones])
        return dict(cursor.fetchall())
