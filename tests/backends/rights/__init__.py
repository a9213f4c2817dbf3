"""The least rights that a product's page asks for: they are enough, and the server itself refuses the rest."""
