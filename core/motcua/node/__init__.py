"""A small machine at a centre that goes on issuing and calling numbers when the province is out of reach."""
