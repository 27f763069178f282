# sqlite.mk - the SQLite extension.
