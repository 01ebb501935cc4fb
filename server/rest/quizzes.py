"""Quick quizzes in a live class."""

from server.rest import practice_shapes
from server.rest.call import Answer, Call


async def pose_quiz(call: Call[practice_shapes.NewQuiz]) -> Answer:
    """Pose an item to the room."""
    raise NotImplementedError


async def list_quizzes(call: Call[None]) -> Answer:
    """The quizzes of a class."""
    raise NotImplementedError


async def get_quiz(call: Call[None]) -> Answer:
    """One quiz as the caller may see it."""
    raise NotImplementedError


async def answer_quiz(call: Call[practice_shapes.QuizAnswerBody]) -> Answer:
    """Answer a quiz."""
    raise NotImplementedError


async def reveal_quiz(call: Call[None]) -> Answer:
    """Show the key and the counts to everybody."""
    raise NotImplementedError
