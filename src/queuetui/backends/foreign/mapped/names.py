"""What mapped tables are called in kinds and in settings."""

KIND = "mapped"
# The setting of a profile that names a mapping file.
MAPPING = "mapping"
