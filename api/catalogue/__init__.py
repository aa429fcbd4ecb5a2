"""The catalogue for the API: rows copied from `seed_data/`. Pages are made from the files themselves."""
