"""The law and the tables as dated data and pure checks; reads nothing but its own files in data/."""
