"""What mapped tables are called in kinds and in settings; loads nothing."""

KIND = "mapped"
# The setting of a profile that names a mapping file.
MAPPING = "mapping"
# Home-made tables whose mapping is shipped, each the name of a file in `shipped/` and a kind of its own, with its table.
SHIPPED = {"phalcon": "jobs", "prisma": "JobQueue", "rust-platform": "jobs"}
