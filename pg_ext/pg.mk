# pg.mk - the PostgreSQL extension, by PGXS.
