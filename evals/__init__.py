"""How good is it? What is asked, what was found, and how sure the figures are."""
