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
);
CREATE INDEX progress_by_assessment ON progress (tenant_id, assessment_id, attempt_id);
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
