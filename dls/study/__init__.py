"""The reader study: protocol, order, readings, consensus, accounts and audit trail, in one SQLite file."""
