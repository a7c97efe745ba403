"""The reader study: protocol, order, readings, consensus, accounts and the audit trail, in one SQLite file."""
