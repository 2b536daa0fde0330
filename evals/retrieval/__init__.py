"""How well a corpus is searched: questions with known passages, asked by words, by meaning and by both."""
