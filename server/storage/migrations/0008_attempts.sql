-- Attempts and their answers: apart from the content, tied to it by no key and no lock.
SET LOCAL lock_timeout = '3s';

CREATE TABLE attempts (
    tenant_id          uuid NOT NULL,
    attempt_id         uuid NOT NULL,
    assessment_id      uuid NOT NULL,
    assessment_version integer NOT NULL,
    course_id          uuid NOT NULL,
    user_id            uuid NOT NULL,
    number             integer NOT NULL CHECK (number > 0),
    state              text NOT NULL CHECK (state IN ('ready', 'open', 'submitted', 'marking', 'graded', 'withdrawn')),
    -- The rules as they stand for this learner, taken from the settings when the attempt was materialised.
    opens_at           timestamptz,
    closes_at          timestamptz,
    time_limit_ms      bigint,
    grace_ms           integer NOT NULL DEFAULT 30000,
    late_policy        text NOT NULL CHECK (late_policy IN ('refuse', 'keep', 'count')),
    late_window_ms     bigint NOT NULL DEFAULT 0,
    -- The slots: item i has type item_types[i] (s text, l list of texts, b boolean, n number, m map).
    item_ids           uuid[] NOT NULL,
    item_types         "char"[] NOT NULL,
    opening            integer NOT NULL DEFAULT 0,
    started_at         timestamptz,
    ends_at            timestamptz,
    -- When the deadline submits by itself: ends_at, the grace, and the late window where late answers count.
    shuts_at           timestamptz,
    submitted_at       timestamptz,
    submitted_by       text CHECK (submitted_by IN ('learner', 'deadline')),
    last_opening       integer,
    last_seq           bigint,
    receipt            text,
    -- Of the answers that counted when it was handed in, and how many items they answer.
    digest             text,
    answered           integer,
    late               boolean NOT NULL DEFAULT false,
    -- Late answers that arrived until then count: a teacher decided so.
    late_until         timestamptz,
    grade_revision     integer NOT NULL DEFAULT 0,
    released_at        timestamptz,
    created_at         timestamptz NOT NULL,
    PRIMARY KEY (tenant_id, attempt_id),
    UNIQUE (tenant_id, assessment_id, user_id, number),
    CHECK (cardinality(item_ids) = cardinality(item_types)),
    CHECK (state IN ('ready', 'withdrawn') OR (started_at IS NOT NULL AND ends_at IS NOT NULL AND shuts_at IS NOT NULL))
) WITH (fillfactor = 80);
-- One attempt at a time that is ready or open: the database says so, not the code.
CREATE UNIQUE INDEX attempts_one_at_a_time ON attempts (tenant_id, assessment_id, user_id) WHERE state IN ('ready', 'open');
CREATE INDEX attempts_to_shut ON attempts (tenant_id, shuts_at) WHERE state = 'open';
CREATE INDEX attempts_to_grade ON attempts (tenant_id, submitted_at) WHERE state = 'submitted';
CREATE INDEX attempts_by_assessment ON attempts (tenant_id, assessment_id, attempt_id);
CREATE INDEX attempts_by_user ON attempts (tenant_id, user_id, attempt_id);
COMMENT ON TABLE attempts IS 'tenant: one learner at one assessment, from ready to graded';

CREATE TABLE attempt_papers (
    tenant_id  uuid NOT NULL,
    attempt_id uuid NOT NULL,
    paper      text NOT NULL,
    pins       jsonb NOT NULL,
    PRIMARY KEY (tenant_id, attempt_id)
) PARTITION BY RANGE (attempt_id);
COMMENT ON TABLE attempt_papers IS 'tenant: what an attempt asks, as its learner sees it (paper), and which item version each slot is (pins)';

CREATE TABLE answers (
    tenant_id  uuid NOT NULL,
    attempt_id uuid NOT NULL,
    item_id    uuid NOT NULL,
    opening    integer NOT NULL CHECK (opening > 0),
    seq        bigint NOT NULL CHECK (seq > 0),
    value      text NOT NULL,
    arrived_at timestamptz NOT NULL,
    late       boolean NOT NULL,
    PRIMARY KEY (tenant_id, attempt_id, item_id, opening, seq)
) PARTITION BY RANGE (attempt_id);
COMMENT ON TABLE answers IS 'tenant: every answer that was acknowledged, appended and never changed; per item the highest (opening, seq) counts';

CREATE TABLE attempt_events (
    tenant_id  uuid NOT NULL,
    attempt_id uuid NOT NULL,
    event_id   uuid NOT NULL,
    name       text NOT NULL,
    by_user    uuid,
    data       jsonb NOT NULL DEFAULT '{}',
    at         timestamptz NOT NULL,
    PRIMARY KEY (tenant_id, attempt_id, event_id)
) PARTITION BY RANGE (attempt_id);
COMMENT ON TABLE attempt_events IS 'tenant: openings, extensions, reopenings and the like of an attempt; appended, never changed';

CREATE TABLE grades (
    tenant_id      uuid NOT NULL,
    attempt_id     uuid NOT NULL,
    revision       integer NOT NULL CHECK (revision > 0),
    scorer_version integer NOT NULL,
    cause          text NOT NULL CHECK (cause IN ('scored', 'marked', 'regraded', 'late_counted')),
    cause_id       uuid NOT NULL,
    earned_milli   bigint NOT NULL,
    possible_milli bigint NOT NULL,
    items          jsonb NOT NULL,
    by_user        uuid,
    at             timestamptz NOT NULL,
    PRIMARY KEY (tenant_id, attempt_id, revision),
    UNIQUE (tenant_id, attempt_id, cause_id)
) PARTITION BY RANGE (attempt_id);
COMMENT ON TABLE grades IS 'tenant: grades of an attempt, each revision with its cause; the attempt says which stands';

CREATE TABLE marks (
    tenant_id    uuid NOT NULL,
    attempt_id   uuid NOT NULL,
    item_id      uuid NOT NULL,
    round        smallint NOT NULL CHECK (round BETWEEN 1 AND 2),
    marker       uuid NOT NULL,
    earned_milli bigint NOT NULL CHECK (earned_milli >= 0),
    criteria     jsonb NOT NULL DEFAULT '{}',
    comment      text NOT NULL DEFAULT '',
    -- The answer that was read: a mark counts while this is the answer that counts (0 and 0: there was none).
    opening      integer NOT NULL,
    seq          bigint NOT NULL,
    version      integer NOT NULL DEFAULT 1,
    at           timestamptz NOT NULL,
    PRIMARY KEY (tenant_id, attempt_id, item_id, round)
) PARTITION BY RANGE (attempt_id);
COMMENT ON TABLE marks IS 'tenant: what people gave for essays and files';

CREATE TABLE regrades (
    tenant_id     uuid NOT NULL,
    regrade_id    uuid NOT NULL,
    assessment_id uuid NOT NULL,
    question_id   uuid NOT NULL,
    key_version   integer NOT NULL,
    state         text NOT NULL DEFAULT 'running' CHECK (state IN ('running', 'done', 'failed')),
    changed       integer NOT NULL DEFAULT 0,
    unchanged     integer NOT NULL DEFAULT 0,
    by_user       uuid NOT NULL,
    created_at    timestamptz NOT NULL,
    done_at       timestamptz,
    PRIMARY KEY (tenant_id, regrade_id)
);
CREATE INDEX regrades_by_assessment ON regrades (tenant_id, assessment_id, question_id, regrade_id);
COMMENT ON TABLE regrades IS 'tenant: changes of a key after the fact, and how far each has been carried out';

CREATE TABLE audit (
    tenant_id  uuid NOT NULL,
    audit_id   uuid NOT NULL,
    user_id    uuid,
    action     text NOT NULL,
    code       text NOT NULL DEFAULT '',
    subject_id uuid,
    data       jsonb NOT NULL DEFAULT '{}',
    at         timestamptz NOT NULL,
    PRIMARY KEY (tenant_id, audit_id)
) PARTITION BY RANGE (audit_id);
COMMENT ON TABLE audit IS 'tenant: who did, or tried, what to an exam; no words of people';

DO $$
DECLARE
    name text;
BEGIN
    FOREACH name IN ARRAY ARRAY['attempts', 'attempt_papers', 'answers', 'attempt_events', 'grades', 'marks', 'regrades', 'audit'] LOOP
        EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', name);
        EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', name);
        EXECUTE format('CREATE POLICY own_school ON %I TO lectern_app USING (tenant_id = lectern_tenant())'
            ' WITH CHECK (tenant_id = lectern_tenant())', name);
    END LOOP;
    FOREACH name IN ARRAY ARRAY['attempts', 'answers', 'audit'] LOOP
        EXECUTE format('CREATE POLICY group_commit ON %I TO lectern_append USING (true) WITH CHECK (true)', name);
    END LOOP;
END
$$;
GRANT SELECT, INSERT, UPDATE ON attempts, marks, regrades TO lectern_app;
GRANT SELECT, INSERT, DELETE ON attempt_papers TO lectern_app;
GRANT SELECT ON answers TO lectern_app;
GRANT SELECT, INSERT ON attempt_events, grades, audit TO lectern_app;
REVOKE DELETE ON attempts, marks, regrades FROM lectern_app;
REVOKE UPDATE ON attempt_papers FROM lectern_app;
REVOKE INSERT, UPDATE, DELETE ON answers FROM lectern_app;
REVOKE UPDATE, DELETE ON attempt_events, grades, audit FROM lectern_app;
GRANT SELECT, UPDATE ON attempts TO lectern_append;
GRANT SELECT, INSERT ON answers TO lectern_append;
GRANT INSERT ON audit TO lectern_append;

-- One group commit of answers, row i of the arrays: what became of it, in their order. A row is judged by itself, and a refused
-- one stands in nobody's way. The attempts stay locked to the end, so that a deadline or another node comes before or after
-- all of this. `code` is 'saved' (also what was saved before), or why not; the caller sends no (attempt, item, opening, seq) twice.
CREATE FUNCTION append_answers(
    tenants uuid[], attempt_ids uuid[], users uuid[], items uuid[], openings integer[], seqs bigint[],
    types text[], given text[], arrivals timestamptz[]
) RETURNS TABLE (code text, late boolean, state text, opening integer, ends_at timestamptz)
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp
    -- The way by the keys is the right one whatever the statistics of young tables say.
    SET plan_cache_mode = force_generic_plan SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off
AS $$
#variable_conflict use_column
BEGIN
    PERFORM 1 FROM attempts AS a
        WHERE (a.tenant_id, a.attempt_id) IN (SELECT t, k FROM unnest(tenants, attempt_ids) AS r (t, k))
        ORDER BY a.tenant_id, a.attempt_id
        FOR NO KEY UPDATE;

    RETURN QUERY
    WITH judged AS MATERIALIZED (
        SELECT r.*, a.assessment_id, a.course_id, a.state, a.opening AS newest, a.ends_at, a.late AS late_before,
            CASE WHEN next.seq = r.seq THEN next.late ELSE r.arrived_at > a.ends_at + a.grace_ms * interval '1 ms' END AS is_late,
            CASE
                WHEN a.attempt_id IS NULL THEN 'not_found'
                WHEN next.seq = r.seq AND next.value = r.value THEN 'saved'
                WHEN next.seq = r.seq THEN 'seq_conflict'
                WHEN a.state IN ('ready', 'withdrawn') THEN 'attempt_closed'
                WHEN slot.place IS NULL THEN 'wrong_item'
                WHEN a.item_types[slot.place]::text NOT IN (r.type, CASE r.type WHEN 'n' THEN 'm' ELSE r.type END) THEN 'wrong_value'
                WHEN r.opening NOT BETWEEN 1 AND a.opening THEN 'opening_unknown'
                WHEN next.seq > r.seq THEN 'seq_old'
                WHEN a.submitted_by = 'learner' THEN 'attempt_submitted'
                -- In time, but the deadline, or a decision about late answers, was faster than its way here: sent again it comes after
                -- that, and then nothing is in doubt.
                WHEN a.state <> 'open' AND r.arrived_at <= greatest(a.shuts_at, a.late_until) THEN 'answer_delayed'
                WHEN a.late_policy = 'refuse' AND r.arrived_at > a.ends_at + a.grace_ms * interval '1 ms' THEN 'answer_late'
                ELSE 'new'
            END AS verdict
        FROM unnest(tenants, attempt_ids, users, items, openings, seqs, types, given, arrivals)
            WITH ORDINALITY AS r (tenant_id, attempt_id, user_id, item_id, opening, seq, type, value, arrived_at, row_number)
        LEFT JOIN attempts AS a
            ON a.tenant_id = r.tenant_id AND a.attempt_id = r.attempt_id AND a.user_id = r.user_id
        CROSS JOIN LATERAL (SELECT array_position(a.item_ids, r.item_id)) AS slot (place)
        -- The first that is stored from this seq on: this very one, or a newer.
        LEFT JOIN LATERAL (
            SELECT o.seq, o.value, o.late FROM answers AS o
            WHERE o.tenant_id = a.tenant_id AND o.attempt_id = a.attempt_id AND o.item_id = r.item_id
                AND o.opening = r.opening AND o.seq >= r.seq
            ORDER BY o.seq LIMIT 1
        ) AS next ON true
    ), stored AS (
        INSERT INTO answers (tenant_id, attempt_id, item_id, opening, seq, value, arrived_at, late)
        SELECT j.tenant_id, j.attempt_id, j.item_id, j.opening, j.seq, j.value, j.arrived_at, j.is_late
        FROM judged AS j WHERE j.verdict = 'new'
    ), told AS (
        INSERT INTO outbox (shard, tenant_id, key_id, name, data, at)
        SELECT lectern_shard(j.attempt_id), j.tenant_id, j.attempt_id, 'attempt.answered', jsonb_build_object(
            'attempt_id', j.attempt_id, 'assessment_id', j.assessment_id, 'course_id', j.course_id, 'user_id', j.user_id,
            'item_id', j.item_id, 'opening', j.opening, 'seq', j.seq, 'late', j.is_late), j.arrived_at
        FROM judged AS j WHERE j.verdict = 'new'
    ), marked AS (
        UPDATE attempts AS a SET late = true FROM judged AS j
        WHERE j.verdict = 'new' AND j.is_late AND NOT j.late_before AND a.tenant_id = j.tenant_id AND a.attempt_id = j.attempt_id
    )
    SELECT CASE j.verdict WHEN 'new' THEN 'saved' ELSE j.verdict END, coalesce(j.is_late, false), j.state, j.newest, j.ends_at
    FROM judged AS j ORDER BY j.row_number;
END
$$;

-- Refused tries of many schools; who is who was checked before they were queued.
CREATE FUNCTION append_audit(
    tenants uuid[], audit_ids uuid[], users uuid[], actions text[], codes text[], subjects uuid[], ats timestamptz[]
) RETURNS void
    LANGUAGE sql SECURITY DEFINER SET search_path = public, pg_temp
AS $$
    INSERT INTO audit (tenant_id, audit_id, user_id, action, code, subject_id, at)
    SELECT * FROM unnest(tenants, audit_ids, users, actions, codes, subjects, ats)
$$;

-- Their owner may do what the policies above say, and nothing else; a new owner needs CREATE for the moment of the change.
DO $$
DECLARE
    made regprocedure;
BEGIN
    GRANT CREATE ON SCHEMA public TO lectern_append;
    FOREACH made IN ARRAY ARRAY[
        'append_answers(uuid[], uuid[], uuid[], uuid[], integer[], bigint[], text[], text[], timestamptz[])',
        'append_audit(uuid[], uuid[], uuid[], text[], text[], uuid[], timestamptz[])'
    ]::regprocedure[] LOOP
        EXECUTE format('ALTER FUNCTION %s OWNER TO lectern_append', made);
        EXECUTE format('REVOKE EXECUTE ON FUNCTION %s FROM PUBLIC', made);
        EXECUTE format('GRANT EXECUTE ON FUNCTION %s TO lectern_app', made);
    END LOOP;
    REVOKE CREATE ON SCHEMA public FROM lectern_append;
END
$$;
