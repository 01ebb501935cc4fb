"""Quick quizzes: an item of the bank posed to the room."""
