"""Home-made job tables, described by mapping files."""
