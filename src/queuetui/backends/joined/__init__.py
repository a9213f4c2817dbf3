"""Two backends seen as one: a product whose jobs live in two stores."""
