"""The constants of the models of skill, memory and ability, in one place; `make bench` (learning) measures them on public logs."""

# Difficulty 0 to 100 of the bank, in logits: 50 is even, and so many points are one logit.
EVEN_DIFFICULTY = 50
POINTS_A_LOGIT = 12.5

# Elo on two time scales. A step of the slow strength shrinks with every answer down to its floor; the fast one forgets itself.
SLOW_FIRST_STEP = 0.35
SLOW_SHRINK = 0.05
SLOW_LEAST_STEP = 0.03
FAST_STEP = 0.25
FAST_KEEP = 0.85
STRENGTH_BOUND = 8.0

# The mixer: what each strength is worth in the chance of a right answer.
BIAS = 0.0
COURSE_SLOW = 1.0
COURSE_FAST = 1.0
SKILL_SLOW = 1.0
SKILL_FAST = 1.0
DIFFICULTY = 1.0

# Memory: a review is due when the chance of recall has fallen to this.
WANTED_RECALL = 0.9
