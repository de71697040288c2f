"""Compare the migration files, the rows of ``django_migrations`` and the tables of a database."""
