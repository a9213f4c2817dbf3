"""Our queue on Redis and Valkey: one Lua script an operation, one hash tag a namespace."""
