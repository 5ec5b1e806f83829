"""`manage.py migrate`: a migration and the note that it was applied are one."""

from django.core.management.commands import migrate
from django.db.migrations.executor import MigrationExecutor
from django.db.migrations.migration import Migration
from django.db.migrations.state import ProjectState


class WholeExecutor(MigrationExecutor):
    """Django notes a migration with foreign keys only after its commit.

    A process killed in between leaves a database that is ahead of what it says, and
    the next `migrate` fails at a table that is there already (TRUST F30).
    """

    def apply_migration(
        self,
        state: ProjectState,
        migration: Migration,
        fake: bool = False,
        fake_initial: bool = False,
    ) -> ProjectState:
        """Apply a migration and note it, in one transaction."""
        if fake or fake_initial or migration.replaces or not migration.atomic:
            return super().apply_migration(state, migration, fake, fake_initial)
        if self.progress_callback:
            self.progress_callback("apply_start", migration, fake)
        with self.connection.schema_editor(atomic=True) as editor:
            state = migration.apply(state, editor)
            while editor.deferred_sql:
                editor.execute(editor.deferred_sql.pop(0))
            self.recorder.record_applied(migration.app_label, migration.name)
        if self.progress_callback:
            self.progress_callback("apply_success", migration, fake)
        return state


class Command(migrate.Command):
    """Django's own, with our executor."""


# The command builds its executor by this name.
migrate.MigrationExecutor = WholeExecutor  # type: ignore[attr-defined]
