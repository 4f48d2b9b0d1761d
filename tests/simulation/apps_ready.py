"""Imported first by a process of its own: Django's apps, which tables need, are ready after it."""

import django

django.setup()
