-- What may be practised, by how hard it is: a learner whose list is empty is served from here at once.
SET lock_timeout = '3s';

CREATE INDEX CONCURRENTLY IF NOT EXISTS questions_to_practise
    ON questions (tenant_id, course_id, level, question_id) WHERE state = 'published';

-- What was changed since: what lacks a vector is looked for among it.
CREATE INDEX CONCURRENTLY IF NOT EXISTS questions_by_change
    ON questions (tenant_id, updated_at);

-- What went out of use lately, for every node to know: see questions_out_of_use in 0010.
CREATE INDEX CONCURRENTLY IF NOT EXISTS questions_withdrawn
    ON questions (updated_at) WHERE state <> 'published' AND (state <> 'draft' OR updated_at > created_at);
