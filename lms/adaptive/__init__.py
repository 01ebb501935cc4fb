"""What a learner can do, remembers, and should do next."""
