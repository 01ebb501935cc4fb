-- Read models, made from the events and from nothing else.
SET LOCAL lock_timeout = '3s';

CREATE TABLE progress (
    tenant_id     uuid NOT NULL,
    attempt_id    uuid NOT NULL,
    assessment_id uuid NOT NULL,
    course_id     uuid NOT NULL,
    user_id       uuid NOT NULL,
    state         text NOT NULL,
    opening       integer NOT NULL,
    last_opening  integer NOT NULL DEFAULT 0,
    last_seq      bigint NOT NULL DEFAULT 0,
    answered      uuid[] NOT NULL DEFAULT '{}',
    asked         integer NOT NULL,
    late          boolean NOT NULL DEFAULT false,
    answered_at   timestamptz,
    updated_at    timestamptz NOT NULL,
    PRIMARY KEY (tenant_id, attempt_id)
) WITH (fillfactor = 70);
COMMENT ON TABLE progress IS 'tenant: how far each attempt has come; a read model';

CREATE TABLE gradebook_cells (
    tenant_id      uuid NOT NULL,
    course_id      uuid NOT NULL,
    user_id        uuid NOT NULL,
    assessment_id  uuid NOT NULL,
    attempt_id     uuid NOT NULL,
    number         integer NOT NULL,
    state          text NOT NULL,
    earned_milli   bigint,
    possible_milli bigint,
    late           boolean NOT NULL DEFAULT false,
    released       boolean NOT NULL DEFAULT false,
    revision       integer NOT NULL DEFAULT 0,
    updated_at     timestamptz NOT NULL,
    PRIMARY KEY (tenant_id, course_id, user_id, assessment_id, attempt_id)
);
COMMENT ON TABLE gradebook_cells IS 'tenant: what each attempt is worth in its course; a read model';

CREATE TABLE item_outcomes (
    tenant_id      uuid NOT NULL,
    question_id    uuid NOT NULL,
    version        integer NOT NULL,
    attempt_id     uuid NOT NULL,
    item_id        uuid NOT NULL,
    assessment_id  uuid NOT NULL,
    earned_milli   bigint NOT NULL,
    possible_milli bigint NOT NULL,
    attempt_earned_milli   bigint NOT NULL,
    attempt_possible_milli bigint NOT NULL,
    PRIMARY KEY (tenant_id, question_id, version, attempt_id, item_id)
);
CREATE INDEX item_outcomes_by_attempt ON item_outcomes (tenant_id, attempt_id);
CREATE INDEX item_outcomes_by_assessment ON item_outcomes (tenant_id, assessment_id, question_id);
COMMENT ON TABLE item_outcomes IS 'tenant: how each item went in each attempt, for item statistics; a read model';

DO $$
DECLARE
    name text;
BEGIN
    FOREACH name IN ARRAY ARRAY['progress', 'gradebook_cells', 'item_outcomes'] LOOP
        EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', name);
        EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', name);
        EXECUTE format('CREATE POLICY own_school ON %I TO lectern_app USING (tenant_id = lectern_tenant())'
            ' WITH CHECK (tenant_id = lectern_tenant())', name);
        EXECUTE format('GRANT SELECT, INSERT, UPDATE, DELETE ON %I TO lectern_app', name);
    END LOOP;
END
$$;

-- Workers look after every school: these tell them which attempts wait for them, and nothing about them. School by school
-- along the index, so that it costs what waits and not what there is.
CREATE FUNCTION attempts_to_shut(before timestamptz, most integer) RETURNS TABLE (tenant_id uuid, attempt_id uuid)
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp
AS $$
    WITH RECURSIVE schools AS (
        (SELECT a.tenant_id FROM attempts AS a WHERE a.state = 'open' ORDER BY a.tenant_id LIMIT 1)
        UNION ALL
        SELECT (SELECT a.tenant_id FROM attempts AS a WHERE a.state = 'open' AND a.tenant_id > s.tenant_id
            ORDER BY a.tenant_id LIMIT 1)
        FROM schools AS s WHERE s.tenant_id IS NOT NULL
    )
    SELECT d.tenant_id, d.attempt_id FROM schools AS s
    CROSS JOIN LATERAL (
        SELECT a.tenant_id, a.attempt_id FROM attempts AS a
        WHERE a.tenant_id = s.tenant_id AND a.state = 'open' AND a.shuts_at <= before ORDER BY a.shuts_at LIMIT most
    ) AS d
    LIMIT most
$$;
CREATE FUNCTION attempts_to_grade(before timestamptz, most integer) RETURNS TABLE (tenant_id uuid, attempt_id uuid)
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp
AS $$
    WITH RECURSIVE schools AS (
        (SELECT a.tenant_id FROM attempts AS a WHERE a.state = 'submitted' ORDER BY a.tenant_id LIMIT 1)
        UNION ALL
        SELECT (SELECT a.tenant_id FROM attempts AS a WHERE a.state = 'submitted' AND a.tenant_id > s.tenant_id
            ORDER BY a.tenant_id LIMIT 1)
        FROM schools AS s WHERE s.tenant_id IS NOT NULL
    )
    SELECT d.tenant_id, d.attempt_id FROM schools AS s
    CROSS JOIN LATERAL (
        SELECT a.tenant_id, a.attempt_id FROM attempts AS a
        WHERE a.tenant_id = s.tenant_id AND a.state = 'submitted' AND a.submitted_at <= before
        ORDER BY a.submitted_at LIMIT most
    ) AS d
    LIMIT most
$$;
GRANT CREATE ON SCHEMA public TO lectern_append;
ALTER FUNCTION attempts_to_shut(timestamptz, integer) OWNER TO lectern_append;
ALTER FUNCTION attempts_to_grade(timestamptz, integer) OWNER TO lectern_append;
REVOKE CREATE ON SCHEMA public FROM lectern_append;
REVOKE EXECUTE ON FUNCTION attempts_to_shut(timestamptz, integer), attempts_to_grade(timestamptz, integer) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION attempts_to_shut(timestamptz, integer), attempts_to_grade(timestamptz, integer) TO lectern_app;
