"""Changes of the schema, in order. Each must work on SQLite and PostgreSQL, and with rows in."""
