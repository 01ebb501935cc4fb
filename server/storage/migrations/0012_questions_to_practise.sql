-- What may be practised, by how hard it is: a learner whose list is empty is served from here at once.
SET lock_timeout = '3s';

CREATE INDEX CONCURRENTLY IF NOT EXISTS questions_to_practise
    ON questions (tenant_id, course_id, level, question_id) WHERE state = 'published';
