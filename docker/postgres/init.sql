-- Runs once, when the database is created: statistics of statements, for the panel "Query duration".
CREATE EXTENSION IF NOT EXISTS pg_stat_statements;
