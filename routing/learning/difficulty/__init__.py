"""How hard a question is, told by what carries over from one field to another, and what that means for each model."""
