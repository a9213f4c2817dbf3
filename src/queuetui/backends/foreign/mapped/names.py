"""What mapped tables are called in kinds and in settings; loads nothing."""

KIND = "mapped"
# The settings of a profile that name a mapping file, and the zone of its times without one.
MAPPING, ZONE = "mapping", "mapping.zone"
# Home-made tables whose mapping is shipped, each the name of a file in `shipped/` and a kind of its own, with its table.
SHIPPED = {"phalcon": "jobs", "prisma": "JobQueue", "rust-platform": "jobs"}
