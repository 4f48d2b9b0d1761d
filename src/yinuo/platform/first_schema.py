"""The tables of an empty database, by the same migrations, in a fraction of the time.

After each step Django makes the Python classes of all tables anew that are related to the one that
changed, which is nearly all of them, hundreds of times. A step that adds something to one table
needs the class of that table alone; before any other step all are made anew once.
"""

from __future__ import annotations

from typing import Final

from django.contrib.postgres.operations import CreateExtension
from django.db import connection, migrations
from django.db.migrations.executor import MigrationExecutor
from django.db.migrations.migration import Migration
from django.db.migrations.operations.base import Operation
from django.db.migrations.state import ProjectState, StateApps

# These change nothing that another table's class says.
ADDS: Final = (
    CreateExtension,
    migrations.AddConstraint,
    migrations.AddField,
    migrations.AddIndex,
    migrations.AlterModelOptions,
    migrations.CreateModel,
    migrations.RemoveConstraint,
    migrations.RemoveIndex,
    migrations.RunSQL,
)


def adds_only(operation: Operation) -> bool:
    """Whether this step leaves alone all that other tables rely on."""
    if isinstance(operation, migrations.AlterField):
        field = operation.field
        return not (field.is_relation or field.primary_key or field.unique)
    return isinstance(operation, ADDS)


class FirstState(ProjectState):
    """A state in which a change makes one class anew while `narrow` is set."""

    narrow = False
    behind = False

    def reload_model(self, app_label: str, model_name: str, delay: bool = False) -> None:
        """As Django's, but of this table alone where that is enough."""
        if not self.narrow:
            super().reload_model(app_label, model_name, delay)
        elif "apps" in self.__dict__:
            with self.apps.bulk_update():
                self.apps.unregister_model(app_label, model_name)
            self.apps.render_multiple([self.models[app_label, model_name]])
            self.behind = True

    def begin(self, migration: Migration) -> None:
        """What this migration needs is up to date."""
        self.narrow = all(map(adds_only, migration.operations))
        if self.behind and not self.narrow:
            self.apps = StateApps(list(self.real_apps), self.models)
            self.behind = False


class FirstExecutor(MigrationExecutor):
    """Runs all migrations on a database in which none has been run."""

    def apply_migration(
        self,
        state: ProjectState,
        migration: Migration,
        fake: bool = False,
        fake_initial: bool = False,
    ) -> ProjectState:
        """As Django's."""
        assert isinstance(state, FirstState)
        state.begin(migration)
        return super().apply_migration(state, migration, fake, fake_initial)


def make_first_tables() -> bool:
    """Run all migrations; False, and nothing is done, where one was run before."""
    executor = FirstExecutor(connection)
    if executor.loader.applied_migrations:
        return False
    state = FirstState(real_apps=executor.loader.unmigrated_apps)
    executor.migrate(executor.loader.graph.leaf_nodes(), state=state)
    return True
