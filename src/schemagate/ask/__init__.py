"""The product's questions, one function each: where the rooms below meet, and what the library hands out."""
