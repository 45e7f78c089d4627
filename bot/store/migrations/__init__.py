"""How the tables came to be, step by step. `bot.store.database` runs what is missing at every start."""
