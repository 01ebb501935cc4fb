-- Practice: what a learner does next, what came of it, and what that says of their skills.
SET LOCAL lock_timeout = '3s';

CREATE TABLE practices (
    tenant_id   uuid NOT NULL,
    practice_id uuid NOT NULL,
    course_id   uuid NOT NULL,
    user_id     uuid NOT NULL,
    -- How it came about: made ahead, or by the rule at the moment of asking.
    path        text NOT NULL CHECK (path IN ('warm', 'cold')),
    -- What is asked, in its order: item, question, version, difficulty, skills, reason; JSON that is read whole.
    items       text NOT NULL,
    asked       smallint NOT NULL,
    answered    smallint NOT NULL DEFAULT 0,
    created_at  timestamptz NOT NULL,
    finished_at timestamptz,
    PRIMARY KEY (tenant_id, practice_id)
) PARTITION BY RANGE (practice_id);
-- Lessons are made ahead for whole classes, and mostly thrown away unread: to compress them costs more than all else of writing them.
ALTER TABLE practices ALTER COLUMN items SET STORAGE EXTERNAL;
CREATE INDEX practices_by_learner ON practices (tenant_id, user_id, course_id, practice_id);
COMMENT ON TABLE practices IS 'tenant: the lessons of the tutor: some items for one learner, each with its reason';

CREATE TABLE practice_answers (
    tenant_id      uuid NOT NULL,
    practice_id    uuid NOT NULL,
    item_id        uuid NOT NULL,
    seq            bigint NOT NULL,
    user_id        uuid NOT NULL,
    value          text NOT NULL,
    scorer         smallint NOT NULL,
    earned_milli   bigint NOT NULL,
    possible_milli bigint NOT NULL,
    arrived_at     timestamptz NOT NULL,
    PRIMARY KEY (tenant_id, practice_id, item_id, seq)
) PARTITION BY RANGE (practice_id);
COMMENT ON TABLE practice_answers IS 'tenant: what learners answered in practice, each with what it earned; never changed';

CREATE TABLE placements (
    tenant_id    uuid NOT NULL,
    placement_id uuid NOT NULL,
    course_id    uuid NOT NULL,
    user_id      uuid NOT NULL,
    state        text NOT NULL DEFAULT 'open' CHECK (state IN ('open', 'done')),
    items        jsonb NOT NULL DEFAULT '[]',
    ability      double precision NOT NULL DEFAULT 0,
    error        double precision NOT NULL DEFAULT 1,
    level        smallint,
    version      integer NOT NULL DEFAULT 1,
    created_at   timestamptz NOT NULL,
    done_at      timestamptz,
    PRIMARY KEY (tenant_id, placement_id)
);
CREATE INDEX placements_by_course ON placements (tenant_id, course_id, created_at);
CREATE INDEX placements_by_learner ON placements (tenant_id, course_id, user_id, placement_id);
CREATE UNIQUE INDEX placements_one_open ON placements (tenant_id, user_id, course_id) WHERE state = 'open';
COMMENT ON TABLE placements IS 'tenant: the short test that finds where a learner stands';

CREATE TABLE assigned_practice (
    tenant_id     uuid NOT NULL,
    assignment_id uuid NOT NULL,
    course_id     uuid NOT NULL,
    user_id       uuid NOT NULL,
    skill         text NOT NULL,
    items         smallint NOT NULL CHECK (items BETWEEN 1 AND 40),
    assigned_by   uuid NOT NULL,
    created_at    timestamptz NOT NULL,
    PRIMARY KEY (tenant_id, assignment_id)
);
CREATE INDEX assigned_practice_by_learner ON assigned_practice (tenant_id, course_id, user_id, created_at);
CREATE INDEX assigned_practice_by_course ON assigned_practice (tenant_id, course_id, assignment_id);
COMMENT ON TABLE assigned_practice IS 'tenant: practice of a skill that a teacher gave to a learner';

CREATE TABLE item_reports (
    tenant_id   uuid NOT NULL,
    report_id   uuid NOT NULL,
    course_id   uuid NOT NULL,
    question_id uuid NOT NULL,
    version     integer NOT NULL,
    user_id     uuid NOT NULL,
    reason      text NOT NULL,
    note        text NOT NULL DEFAULT '',
    state       text NOT NULL DEFAULT 'open' CHECK (state IN ('open', 'upheld', 'dismissed')),
    created_at  timestamptz NOT NULL,
    decided_by  uuid,
    decided_at  timestamptz,
    PRIMARY KEY (tenant_id, report_id),
    UNIQUE (tenant_id, question_id, version, user_id)
);
CREATE INDEX item_reports_open ON item_reports (tenant_id, created_at) WHERE state = 'open';
COMMENT ON TABLE item_reports IS 'tenant: what learners say is wrong with an item';

-- A secret of each school: what options are called in practice follows from it, and which items of the factory get a bad twin or are read
-- by two, and nobody outside can tell how.
CREATE TABLE practice_seeds (
    tenant_id uuid NOT NULL,
    seed      uuid NOT NULL DEFAULT gen_random_uuid(),
    PRIMARY KEY (tenant_id)
);
COMMENT ON TABLE practice_seeds IS 'tenant: the secret behind the names of options in practice, and behind the items that measure reviewers';

CREATE TABLE quizzes (
    tenant_id   uuid NOT NULL,
    quiz_id     uuid NOT NULL,
    class_id    uuid NOT NULL,
    course_id   uuid NOT NULL,
    question_id uuid NOT NULL,
    version     integer NOT NULL,
    -- As it is shown in the room: option ids of its own, so that they say nothing of the key.
    shown       jsonb NOT NULL,
    posed_by    uuid NOT NULL,
    posed_at    timestamptz NOT NULL,
    revealed_at timestamptz,
    PRIMARY KEY (tenant_id, quiz_id)
);
CREATE INDEX quizzes_by_class ON quizzes (tenant_id, class_id, quiz_id);
COMMENT ON TABLE quizzes IS 'tenant: items that a teacher posed to the room';

CREATE TABLE quiz_answers (
    tenant_id      uuid NOT NULL,
    quiz_id        uuid NOT NULL,
    user_id        uuid NOT NULL,
    seq            bigint NOT NULL,
    value          text NOT NULL,
    scorer         smallint NOT NULL,
    earned_milli   bigint NOT NULL,
    possible_milli bigint NOT NULL,
    arrived_at     timestamptz NOT NULL,
    PRIMARY KEY (tenant_id, quiz_id, user_id, seq)
) PARTITION BY RANGE (quiz_id);
COMMENT ON TABLE quiz_answers IS 'tenant: what learners answered to a quiz in class, each with what it earned; never changed';

-- Read models of the events: what each learner answered, and the skill that follows from it.
CREATE TABLE responses (
    tenant_id   uuid NOT NULL,
    user_id     uuid NOT NULL,
    source_id   uuid NOT NULL,
    item_id     uuid NOT NULL,
    course_id   uuid NOT NULL,
    source      text NOT NULL CHECK (source IN ('practice', 'placement', 'quiz', 'exam')),
    question_id uuid NOT NULL,
    version     integer NOT NULL,
    skills      text[] NOT NULL,
    difficulty  smallint NOT NULL,
    share_milli smallint NOT NULL CHECK (share_milli BETWEEN 0 AND 1000),
    at          timestamptz NOT NULL,
    PRIMARY KEY (tenant_id, user_id, source_id, item_id)
);
CREATE INDEX responses_by_learner ON responses (tenant_id, user_id, course_id, at);
CREATE INDEX responses_by_question ON responses (tenant_id, question_id, version);
-- What was answered since: items are measured by what is new.
CREATE INDEX responses_by_time ON responses (tenant_id, at);
COMMENT ON TABLE responses IS 'tenant: how each item went for each learner, wherever it was asked; a read model';

CREATE TABLE learner_skills (
    tenant_id  uuid NOT NULL,
    course_id  uuid NOT NULL,
    user_id    uuid NOT NULL,
    skill      text NOT NULL,
    -- lms.adaptive.model.SkillState
    state      jsonb NOT NULL,
    PRIMARY KEY (tenant_id, course_id, user_id, skill)
) WITH (fillfactor = 70);
COMMENT ON TABLE learner_skills IS 'tenant: what each learner can do and remembers, by skill; a read model';

-- The last response of a learner in a course that their skills are folded from, and the lock of that fold.
CREATE TABLE skill_folds (
    tenant_id uuid NOT NULL,
    user_id   uuid NOT NULL,
    course_id uuid NOT NULL,
    at        timestamptz NOT NULL,
    source_id uuid NOT NULL,
    item_id   uuid NOT NULL,
    PRIMARY KEY (tenant_id, user_id, course_id)
) WITH (fillfactor = 70);
COMMENT ON TABLE skill_folds IS 'tenant: how far the responses of a learner are folded into their skills; a read model';

-- What an attempt at an exam may teach once its learner may know it: until then its items wait here, and no skill follows.
CREATE TABLE exam_standings (
    tenant_id  uuid NOT NULL,
    attempt_id uuid NOT NULL,
    user_id    uuid NOT NULL,
    course_id  uuid NOT NULL,
    revision   integer NOT NULL,
    released   boolean NOT NULL,
    -- When the answers were first graded whole; a regrade does not make them any younger.
    graded_at  timestamptz,
    items      jsonb NOT NULL,
    PRIMARY KEY (tenant_id, attempt_id)
) WITH (fillfactor = 70);
CREATE INDEX exam_standings_by_time ON exam_standings (tenant_id, graded_at);
COMMENT ON TABLE exam_standings IS 'tenant: graded items of attempts, and whether they are released; a read model';

CREATE TABLE recalled_items (
    tenant_id   uuid NOT NULL,
    question_id uuid NOT NULL,
    PRIMARY KEY (tenant_id, question_id)
);
COMMENT ON TABLE recalled_items IS 'tenant: items whose responses count for no skill; a read model';

-- How often an item was given out in a week, so that no item wears out while others lie idle.
CREATE TABLE item_exposures (
    tenant_id   uuid NOT NULL,
    course_id   uuid NOT NULL,
    week        date NOT NULL,
    question_id uuid NOT NULL,
    given       integer NOT NULL,
    PRIMARY KEY (tenant_id, course_id, week, question_id)
) WITH (fillfactor = 70);
COMMENT ON TABLE item_exposures IS 'tenant: how often an item was put into lessons of the tutor, by week';

CREATE TABLE refills (
    tenant_id  uuid NOT NULL,
    course_id  uuid NOT NULL,
    user_id    uuid NOT NULL,
    -- At once after a quiz in class; else when there is nothing better to do.
    urgent     boolean NOT NULL DEFAULT false,
    asked_at   timestamptz NOT NULL,
    -- Counts up with every ask: who has chosen takes the row away only if nobody has asked since.
    asks       bigint NOT NULL DEFAULT 1,
    -- Somebody chooses now; one that was killed is waited for no longer than this.
    held_until timestamptz,
    PRIMARY KEY (tenant_id, course_id, user_id)
) WITH (fillfactor = 70);
CREATE INDEX refills_waiting ON refills (tenant_id, urgent DESC, asked_at);
COMMENT ON TABLE refills IS 'tenant: learners whose next items are to be chosen anew';

DO $$
DECLARE
    name text;
BEGIN
    FOREACH name IN ARRAY ARRAY['practices', 'practice_answers', 'placements', 'assigned_practice', 'item_reports', 'practice_seeds', 'quizzes',
        'quiz_answers', 'responses', 'learner_skills', 'skill_folds', 'exam_standings', 'recalled_items', 'item_exposures', 'refills'] LOOP
        EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', name);
        EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', name);
        EXECUTE format('CREATE POLICY own_school ON %I TO lectern_app USING (tenant_id = lectern_tenant())'
            ' WITH CHECK (tenant_id = lectern_tenant())', name);
        EXECUTE format('GRANT SELECT, INSERT, UPDATE, DELETE ON %I TO lectern_app', name);
    END LOOP;
END
$$;
REVOKE UPDATE, DELETE ON practice_answers, quiz_answers FROM lectern_app;

-- Which learners wait for their next items, in any school: ids only, school by school along the index.
CREATE POLICY refilling ON refills FOR SELECT TO lectern_append USING (true);
GRANT SELECT ON refills TO lectern_append;
CREATE FUNCTION refills_to_do(moment timestamptz, most integer) RETURNS TABLE (tenant_id uuid, course_id uuid, user_id uuid, urgent boolean, asked_at timestamptz)
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp
AS $$
    WITH RECURSIVE schools AS (
        (SELECT r.tenant_id FROM refills AS r ORDER BY r.tenant_id LIMIT 1)
        UNION ALL
        SELECT (SELECT r.tenant_id FROM refills AS r WHERE r.tenant_id > s.tenant_id ORDER BY r.tenant_id LIMIT 1)
        FROM schools AS s WHERE s.tenant_id IS NOT NULL
    )
    SELECT d.* FROM schools AS s
    CROSS JOIN LATERAL (
        SELECT r.tenant_id, r.course_id, r.user_id, r.urgent, r.asked_at FROM refills AS r
        WHERE r.tenant_id = s.tenant_id AND (r.held_until IS NULL OR r.held_until <= moment)
        ORDER BY r.urgent DESC, r.asked_at LIMIT most
    ) AS d
    ORDER BY d.urgent DESC, d.asked_at LIMIT most
$$;
GRANT CREATE ON SCHEMA public TO lectern_append;
ALTER FUNCTION refills_to_do(timestamptz, integer) OWNER TO lectern_append;
REVOKE CREATE ON SCHEMA public FROM lectern_append;
REVOKE EXECUTE ON FUNCTION refills_to_do(timestamptz, integer) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION refills_to_do(timestamptz, integer) TO lectern_app;

-- Answers in practice, of many learners by one statement: what scoring said of each comes with it.
DO $$
DECLARE
    name text;
BEGIN
    FOREACH name IN ARRAY ARRAY['practices', 'practice_answers'] LOOP
        EXECUTE format('CREATE POLICY group_commit ON %I TO lectern_append USING (true) WITH CHECK (true)', name);
    END LOOP;
    FOREACH name IN ARRAY ARRAY['enrolments', 'questions', 'attempt_papers'] LOOP
        EXECUTE format('CREATE POLICY practising ON %I FOR SELECT TO lectern_append USING (true)', name);
        EXECUTE format('GRANT SELECT ON %I TO lectern_append', name);
    END LOOP;
END
$$;
GRANT SELECT, UPDATE ON practices TO lectern_append;
GRANT SELECT, INSERT ON practice_answers TO lectern_append;

-- What went out of use since, in any school, the latest first: ids only. Every node asks, so that no lesson made before asks such an item.
-- A draft that was changed may have been in use before.
CREATE FUNCTION questions_out_of_use(since timestamptz, most integer) RETURNS TABLE (tenant_id uuid, question_id uuid)
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp
AS $$
    SELECT q.tenant_id, q.question_id FROM questions AS q
    WHERE q.state <> 'published' AND (q.state <> 'draft' OR q.updated_at > q.created_at) AND q.updated_at > since ORDER BY q.updated_at DESC LIMIT most
$$;
GRANT CREATE ON SCHEMA public TO lectern_append;
ALTER FUNCTION questions_out_of_use(timestamptz, integer) OWNER TO lectern_append;
REVOKE CREATE ON SCHEMA public FROM lectern_append;
REVOKE EXECUTE ON FUNCTION questions_out_of_use(timestamptz, integer) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION questions_out_of_use(timestamptz, integer) TO lectern_app;

-- Whether an item is in a paper of the learner's whose results are not out: practised, it would tell the exam's key.
CREATE FUNCTION asked_in_exam(tenant uuid, learner uuid, question uuid) RETURNS boolean
    LANGUAGE sql STABLE SET search_path = public, pg_temp
AS $$
    SELECT EXISTS (
        SELECT FROM attempts AS a JOIN attempt_papers AS p USING (tenant_id, attempt_id)
        WHERE a.tenant_id = tenant AND a.user_id = learner AND a.released_at IS NULL AND a.state <> 'withdrawn'
            AND p.pins @> jsonb_build_array(jsonb_build_object('question_id', question))
    )
$$;

CREATE FUNCTION append_practice_answers(
    tenants uuid[], practice_ids uuid[], users uuid[], item_ids uuid[], seqs bigint[], given text[], scorers smallint[],
    earned bigint[], possible bigint[], events jsonb[], arrivals timestamptz[]
) RETURNS TABLE (code text, answered integer, asked integer, went boolean[])
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp
    SET plan_cache_mode = force_generic_plan
AS $$
#variable_conflict use_column
DECLARE
    kept text;
    stands practices%ROWTYPE;
    first boolean;
    full_now boolean;
BEGIN
    PERFORM 1 FROM practices AS p
        WHERE (p.tenant_id, p.practice_id) IN (SELECT t, k FROM unnest(tenants, practice_ids) AS r (t, k))
        ORDER BY p.tenant_id, p.practice_id
        FOR NO KEY UPDATE;

    FOR i IN 1 .. cardinality(tenants) LOOP
        SELECT p.* INTO stands FROM practices AS p
            WHERE p.tenant_id = tenants[i] AND p.practice_id = practice_ids[i] AND p.user_id = users[i];
        SELECT a.value INTO kept FROM practice_answers AS a
            WHERE a.tenant_id = stands.tenant_id AND a.practice_id = stands.practice_id AND a.item_id = item_ids[i] AND a.seq = seqs[i];
        SELECT count(*) = 0, count(*) >= 20 INTO first, full_now FROM practice_answers AS a
            WHERE a.tenant_id = stands.tenant_id AND a.practice_id = stands.practice_id AND a.item_id = item_ids[i];
        code := CASE
            WHEN stands.practice_id IS NULL THEN 'not_found'
            -- What is saved is told again with its key: not to who has left, and not while an exam asks for it.
            WHEN NOT EXISTS (SELECT FROM enrolments AS e WHERE e.tenant_id = stands.tenant_id AND e.course_id = stands.course_id
                AND e.user_id = stands.user_id AND e.role = 'student') THEN 'not_enrolled'
            WHEN asked_in_exam(stands.tenant_id, stands.user_id, (events[i] ->> 'question_id')::uuid) THEN 'item_withdrawn'
            WHEN kept = given[i] THEN 'saved'
            WHEN kept IS NOT NULL THEN 'seq_conflict'
            WHEN full_now THEN 'answers_full'
            WHEN NOT EXISTS (SELECT FROM questions AS q WHERE q.tenant_id = stands.tenant_id
                AND q.question_id = (events[i] ->> 'question_id')::uuid AND q.state = 'published') THEN 'item_withdrawn'
            ELSE 'new'
        END;
        IF code = 'new' THEN
            INSERT INTO practice_answers (tenant_id, practice_id, item_id, seq, user_id, value, scorer, earned_milli, possible_milli, arrived_at)
                VALUES (tenants[i], practice_ids[i], item_ids[i], seqs[i], users[i], given[i], scorers[i], earned[i], possible[i], arrivals[i]);
            IF first THEN
                full_now := stands.answered + 1 >= stands.asked AND stands.finished_at IS NULL;
                UPDATE practices AS p SET answered = p.answered + 1, finished_at = CASE WHEN full_now THEN arrivals[i] ELSE p.finished_at END
                    WHERE p.tenant_id = tenants[i] AND p.practice_id = practice_ids[i];
                stands.answered := stands.answered + 1;
                INSERT INTO outbox (shard, tenant_id, key_id, name, data, at)
                    VALUES (lectern_shard(users[i]), tenants[i], users[i], 'practice.answered', events[i] - 'type', arrivals[i]);
                IF full_now THEN
                    INSERT INTO outbox (shard, tenant_id, key_id, name, data, at)
                        VALUES (lectern_shard(users[i]), tenants[i], users[i], 'practice.finished', jsonb_build_object('user_id', users[i],
                            'course_id', stands.course_id, 'practice_id', practice_ids[i], 'asked', stands.asked, 'answered', stands.answered),
                            arrivals[i]);
                END IF;
            END IF;
            code := 'saved';
        END IF;
        answered := stands.answered;
        asked := stands.asked;
        -- How the answers that count went, in the order in which they came.
        went := ARRAY(SELECT c.earned_milli >= c.possible_milli FROM (
            SELECT DISTINCT ON (a.item_id) a.earned_milli, a.possible_milli, a.arrived_at, a.item_id FROM practice_answers AS a
            WHERE a.tenant_id = stands.tenant_id AND a.practice_id = stands.practice_id ORDER BY a.item_id, a.arrived_at, a.seq
        ) AS c ORDER BY c.arrived_at, c.item_id);
        RETURN NEXT;
    END LOOP;
END
$$;
GRANT CREATE ON SCHEMA public TO lectern_append;
ALTER FUNCTION append_practice_answers(uuid[], uuid[], uuid[], uuid[], bigint[], text[], smallint[], bigint[], bigint[], jsonb[], timestamptz[])
    OWNER TO lectern_append;
REVOKE CREATE ON SCHEMA public FROM lectern_append;
REVOKE EXECUTE ON FUNCTION append_practice_answers(uuid[], uuid[], uuid[], uuid[], bigint[], text[], smallint[], bigint[], bigint[], jsonb[], timestamptz[])
    FROM PUBLIC;
GRANT EXECUTE ON FUNCTION append_practice_answers(uuid[], uuid[], uuid[], uuid[], bigint[], text[], smallint[], bigint[], bigint[], jsonb[], timestamptz[])
    TO lectern_app;
