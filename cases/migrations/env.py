"""Runs the migrations on the connection that `cases.store.migrate` hands over; has none itself."""

from __future__ import annotations

from alembic import context

from cases.tables import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    # SQLite cannot alter a column: the table is copied instead.
    render_as_batch=True,
)
with context.begin_transaction():
    context.run_migrations()
