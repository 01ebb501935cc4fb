-- The content factory: what was asked for, what came of it, who let it pass. Nothing of it is shown to learners from here.
SET LOCAL lock_timeout = '3s';

CREATE EXTENSION IF NOT EXISTS vector;

-- lectern_review reads and decides about staged items, for reviewers; lectern_factory writes them, in the workers. Both may do what
-- lectern_app may, which cannot see the staging at all.
DO $$
DECLARE
    wanted text;
BEGIN
    FOREACH wanted IN ARRAY ARRAY['lectern_review', 'lectern_factory'] LOOP
        IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = wanted) THEN
            BEGIN
                EXECUTE format('CREATE ROLE %I NOLOGIN NOSUPERUSER NOBYPASSRLS NOCREATEDB NOCREATEROLE', wanted);
            EXCEPTION WHEN duplicate_object OR unique_violation THEN
                NULL;
            END;
        END IF;
        IF NOT pg_has_role(current_user, wanted, 'SET') THEN
            EXECUTE format('GRANT %I TO current_user', wanted);
        END IF;
        IF NOT pg_has_role(wanted, 'lectern_app', 'USAGE') THEN
            EXECUTE format('GRANT lectern_app TO %I', wanted);
        END IF;
    END LOOP;
END
$$;

-- Out of use for a while (held: its figures or its readers say that something is wrong) or for good (recalled).
ALTER TABLE questions DROP CONSTRAINT questions_state_check;
ALTER TABLE questions ADD CONSTRAINT questions_state_check
    CHECK (state IN ('draft', 'published', 'retired', 'held', 'recalled')) NOT VALID;
ALTER TABLE questions VALIDATE CONSTRAINT questions_state_check;

CREATE TABLE generation_jobs (
    tenant_id    uuid NOT NULL,
    job_id       uuid NOT NULL,
    course_id    uuid NOT NULL,
    asked_by     uuid,
    -- lms.ai.model.Brief, and the digest of all that decides what comes out.
    brief        jsonb NOT NULL,
    digest       bytea NOT NULL,
    source       text NOT NULL DEFAULT '',
    upload_id    uuid,
    state        text NOT NULL CHECK (state IN ('queued', 'running', 'done', 'cancelled', 'failed', 'stopped')),
    reason       text NOT NULL DEFAULT '',
    wanted       smallint NOT NULL CHECK (wanted BETWEEN 1 AND 100),
    made         smallint NOT NULL DEFAULT 0,
    passed       smallint NOT NULL DEFAULT 0,
    dropped      smallint NOT NULL DEFAULT 0,
    accepted     smallint NOT NULL DEFAULT 0,
    rejected     smallint NOT NULL DEFAULT 0,
    ingested     smallint NOT NULL DEFAULT 0,
    tokens_in    bigint NOT NULL DEFAULT 0,
    tokens_out   bigint NOT NULL DEFAULT 0,
    cost_micros  bigint NOT NULL DEFAULT 0,
    created_at   timestamptz NOT NULL,
    updated_at   timestamptz NOT NULL,
    done_at      timestamptz,
    recalled_at  timestamptz,
    -- How many drafts each gate turned down; who made the items (rules where any had to be made by them); the job of
    -- the same digest whose items stand for this one's.
    dropped_by   jsonb NOT NULL DEFAULT '{}',
    tier         text CHECK (tier IN ('small', 'strong', 'rules')),
    served_from  uuid,
    PRIMARY KEY (tenant_id, job_id),
    FOREIGN KEY (tenant_id, course_id) REFERENCES courses (tenant_id, course_id)
);
CREATE INDEX generation_jobs_open ON generation_jobs (tenant_id, course_id) WHERE state IN ('queued', 'running');
CREATE INDEX generation_jobs_by_course ON generation_jobs (tenant_id, course_id, job_id);
CREATE INDEX generation_jobs_by_digest ON generation_jobs (tenant_id, course_id, digest, job_id);
COMMENT ON TABLE generation_jobs IS 'tenant: briefs to the content factory and how far each has come; a job is a batch';

-- One row a call of a model, or an answer served from what was kept; no prompt holds anything of a learner.
CREATE TABLE generation_steps (
    tenant_id      uuid NOT NULL,
    job_id         uuid NOT NULL,
    slot           smallint NOT NULL,
    step           text NOT NULL,
    try            smallint NOT NULL,
    prompt_version text NOT NULL,
    provider       text NOT NULL,
    model          text NOT NULL,
    outcome        text NOT NULL,
    digest         bytea NOT NULL,
    tokens_in      integer NOT NULL DEFAULT 0,
    tokens_out     integer NOT NULL DEFAULT 0,
    cost_micros    bigint NOT NULL DEFAULT 0,
    took_ms        integer NOT NULL DEFAULT 0,
    at             timestamptz NOT NULL,
    PRIMARY KEY (tenant_id, job_id, slot, step, try)
);
COMMENT ON TABLE generation_steps IS 'tenant: every step of every generated item: prompt, model, outcome, tokens, time';

CREATE TABLE model_answers (
    tenant_id  uuid NOT NULL,
    digest     bytea NOT NULL,
    answer     jsonb NOT NULL,
    created_at timestamptz NOT NULL,
    -- To the day: by it answers that nobody asks for any more are forgotten.
    used_at    timestamptz NOT NULL,
    PRIMARY KEY (tenant_id, digest)
);
CREATE INDEX model_answers_by_use ON model_answers (tenant_id, used_at);
COMMENT ON TABLE model_answers IS 'tenant: what a model answered to exactly this prompt; asked again it costs nothing';

CREATE TABLE token_budgets (
    tenant_id    uuid NOT NULL,
    month        date NOT NULL,
    tokens_limit bigint NOT NULL CHECK (tokens_limit >= 0),
    -- Used for good, and set aside for calls that are under way, or whose worker died in them.
    tokens_used  bigint NOT NULL DEFAULT 0,
    tokens_held  bigint NOT NULL DEFAULT 0,
    cost_micros  bigint NOT NULL DEFAULT 0,
    PRIMARY KEY (tenant_id, month),
    CHECK (tokens_used >= 0 AND tokens_held >= 0)
);
COMMENT ON TABLE token_budgets IS 'tenant: what the models may cost a school in a month, and did';

-- What tokens_held is made of: for each step its worker's calls, and those of dead workers before it (lost), of which nobody knows
-- what they cost: they stay set aside until the step is answered, which says what such a call costs, or the job is over.
CREATE TABLE token_holds (
    tenant_id uuid NOT NULL,
    job_id    uuid NOT NULL,
    slot      smallint NOT NULL,
    step      text NOT NULL,
    month     date NOT NULL,
    -- All that is set aside; what one call may cost at most; how many calls have left, of this worker and of dead ones.
    tokens    bigint NOT NULL CHECK (tokens > 0),
    each      bigint NOT NULL CHECK (each > 0),
    begun     smallint NOT NULL DEFAULT 0,
    lost      smallint NOT NULL DEFAULT 0,
    PRIMARY KEY (tenant_id, job_id, slot, step)
);
COMMENT ON TABLE token_holds IS 'tenant: tokens set aside for calls that are under way, or that their worker died in';

CREATE TABLE questions_staging (
    tenant_id    uuid NOT NULL,
    candidate_id uuid NOT NULL,
    course_id    uuid NOT NULL,
    job_id       uuid,
    slot         smallint,
    -- generated by the factory, seeded (a bad one, to measure reviewers), or reported by learners (question_id says which).
    origin       text NOT NULL CHECK (origin IN ('generated', 'seeded', 'reported')),
    question_id  uuid,
    version      integer,
    state        text NOT NULL CHECK (state IN ('queued', 'second', 'accepted', 'rejected', 'ingested', 'recalled', 'withdrawn')),
    item_version integer NOT NULL DEFAULT 1,
    kind         text NOT NULL,
    labels       jsonb NOT NULL,
    content      json NOT NULL,
    key          json NOT NULL,
    risk         smallint NOT NULL CHECK (risk BETWEEN 0 AND 100),
    -- lms.ai.model.Card: where in the source it stands, what the gates found, how it came about.
    provenance   jsonb NOT NULL,
    fault        text NOT NULL DEFAULT '',
    -- Whether a second reviewer looks at it whatever the first one says: so that the two can be compared.
    sampled      boolean NOT NULL DEFAULT false,
    -- Not in the queue before this one is decided: the bad one was made of it, and the two beside each other would say so.
    behind       uuid,
    taken_by     uuid,
    taken_until  timestamptz,
    created_at   timestamptz NOT NULL,
    decided_at   timestamptz,
    PRIMARY KEY (tenant_id, candidate_id),
    UNIQUE (tenant_id, job_id, slot)
);
CREATE INDEX questions_staging_queue ON questions_staging (tenant_id, risk DESC, candidate_id)
    WHERE state IN ('queued', 'second') AND behind IS NULL;
CREATE INDEX questions_staging_behind ON questions_staging (tenant_id, behind) WHERE behind IS NOT NULL;
CREATE INDEX questions_staging_taken ON questions_staging (tenant_id, taken_by, taken_until) WHERE taken_by IS NOT NULL;
CREATE INDEX questions_staging_decided ON questions_staging (tenant_id, decided_at);
CREATE UNIQUE INDEX questions_staging_reported ON questions_staging (tenant_id, question_id)
    WHERE origin = 'reported' AND state IN ('queued', 'second');
CREATE INDEX questions_staging_accepted ON questions_staging (tenant_id, candidate_id) WHERE state = 'accepted' AND origin = 'generated';
CREATE INDEX questions_staging_by_question ON questions_staging (tenant_id, question_id) WHERE question_id IS NOT NULL;
COMMENT ON TABLE questions_staging IS 'tenant: items that no person has let pass yet; the role that serves learners cannot read it';

CREATE TABLE review_decisions (
    tenant_id    uuid NOT NULL,
    decision_id  uuid NOT NULL,
    candidate_id uuid NOT NULL,
    item_version integer NOT NULL,
    round        smallint NOT NULL CHECK (round IN (1, 2)),
    reviewer_id  uuid NOT NULL,
    decision     text NOT NULL CHECK (decision IN ('accept', 'edit', 'reject')),
    reasons      text[] NOT NULL DEFAULT '{}',
    note         text NOT NULL DEFAULT '',
    diff         jsonb NOT NULL DEFAULT '[]',
    took_ms      integer NOT NULL DEFAULT 0,
    at           timestamptz NOT NULL,
    PRIMARY KEY (tenant_id, decision_id),
    UNIQUE (tenant_id, candidate_id, item_version, round, reviewer_id)
);
COMMENT ON TABLE review_decisions IS 'tenant: what each reviewer decided about a staged item; never changed';

-- What a school may set; one that has set nothing has no row.
CREATE TABLE school_settings (
    tenant_id uuid NOT NULL,
    -- How many look at an item of the factory that is risky, or of the sample that reviewers are compared by.
    reviewers smallint NOT NULL DEFAULT 2 CHECK (reviewers IN (1, 2)),
    -- The chance of a right answer that the lessons of its learners aim at, in thousandths.
    band_low_milli  smallint NOT NULL DEFAULT 700 CHECK (band_low_milli BETWEEN 500 AND 950),
    band_high_milli smallint NOT NULL DEFAULT 850 CHECK (band_high_milli BETWEEN band_low_milli + 50 AND 950),
    set_by    uuid NOT NULL,
    set_at    timestamptz NOT NULL,
    PRIMARY KEY (tenant_id)
);
COMMENT ON TABLE school_settings IS 'tenant: what a school has set for itself';

-- Readable by everybody who may see the item.
CREATE TABLE provenance_cards (
    tenant_id    uuid NOT NULL,
    question_id  uuid NOT NULL,
    candidate_id uuid NOT NULL,
    job_id       uuid,
    card         jsonb NOT NULL,
    ingested_at  timestamptz NOT NULL,
    recalled_at  timestamptz,
    PRIMARY KEY (tenant_id, question_id),
    UNIQUE (tenant_id, candidate_id)
);
CREATE INDEX provenance_cards_by_job ON provenance_cards (tenant_id, job_id);
COMMENT ON TABLE provenance_cards IS 'tenant: where an item of the factory comes from: batch, source, models, prompts, reviewers';

-- Vectors of items of the bank and of staged ones; `space` says which model they are of: only vectors of one space are compared.
CREATE TABLE item_vectors (
    tenant_id  uuid NOT NULL,
    subject_id uuid NOT NULL,
    course_id  uuid NOT NULL,
    staged     boolean NOT NULL,
    space      text NOT NULL,
    digest     bytea NOT NULL,
    vector     vector(384) NOT NULL,
    created_at timestamptz NOT NULL,
    PRIMARY KEY (tenant_id, subject_id, space)
);
CREATE INDEX item_vectors_by_course ON item_vectors (tenant_id, course_id, space);
-- A text that some item has already costs nothing.
CREATE INDEX item_vectors_by_digest ON item_vectors (tenant_id, space, digest);
CREATE INDEX item_vectors_near ON item_vectors USING hnsw (vector vector_cosine_ops);
COMMENT ON TABLE item_vectors IS 'tenant: what items mean, as vectors, to find those that are alike';

CREATE TABLE stock_marks (
    tenant_id uuid NOT NULL,
    course_id uuid NOT NULL,
    skill     text NOT NULL,
    level     smallint NOT NULL CHECK (level BETWEEN 1 AND 10),
    language  text NOT NULL,
    low       smallint NOT NULL CHECK (low BETWEEN 1 AND 1000),
    batch     smallint NOT NULL CHECK (batch BETWEEN 1 AND 100),
    source    text NOT NULL DEFAULT '',
    kinds     text[] NOT NULL,
    job_id    uuid,
    -- When a learner last had to be given an item of it again, for want of others.
    used_up_at timestamptz,
    set_by    uuid NOT NULL,
    set_at    timestamptz NOT NULL,
    PRIMARY KEY (tenant_id, course_id, skill, level, language)
);
COMMENT ON TABLE stock_marks IS 'tenant: how many items of a skill and level there are to be; below that the factory is asked for more';

-- What a recall was for, and what it touched: practices, quizzes and attempts, each with its learner.
CREATE TABLE recalls (
    tenant_id uuid NOT NULL,
    job_id    uuid NOT NULL,
    course_id uuid NOT NULL,
    reason    text NOT NULL,
    asked_by  uuid NOT NULL,
    asked_at  timestamptz NOT NULL,
    items     integer NOT NULL DEFAULT 0,
    done_at   timestamptz,
    PRIMARY KEY (tenant_id, job_id)
);
COMMENT ON TABLE recalls IS 'tenant: batches that were taken out of use, and why';

CREATE TABLE recalled_uses (
    tenant_id     uuid NOT NULL,
    job_id        uuid NOT NULL,
    source_id     uuid NOT NULL,
    user_id       uuid NOT NULL,
    source        text NOT NULL CHECK (source IN ('practice', 'placement', 'quiz', 'exam')),
    assessment_id uuid,
    -- Of an attempt that was scored: what it had earned, and has.
    before_milli  bigint,
    after_milli   bigint,
    PRIMARY KEY (tenant_id, job_id, source_id, user_id)
);
COMMENT ON TABLE recalled_uses IS 'tenant: where learners were asked items of a recalled batch';

CREATE TABLE item_quality (
    tenant_id      uuid NOT NULL,
    question_id    uuid NOT NULL,
    version        integer NOT NULL,
    course_id      uuid NOT NULL,
    answered       integer NOT NULL,
    mean_share     real NOT NULL,
    point_biserial real,
    dead_options   text[] NOT NULL DEFAULT '{}',
    -- As it turned out to be, on the scale of questions.difficulty; null before enough of it is known.
    difficulty     smallint CHECK (difficulty BETWEEN 0 AND 100),
    faults         text[] NOT NULL DEFAULT '{}',
    measured_at    timestamptz NOT NULL,
    -- After how many answers its figures took it out of use last: let back in, it has to do badly for as many again.
    held_after     integer,
    PRIMARY KEY (tenant_id, question_id, version)
);
CREATE INDEX item_quality_by_course ON item_quality (tenant_id, course_id, question_id);
-- Up to when the items of a school were looked at, as far as they were used or changed, and when all of them were last.
CREATE TABLE item_scans (
    tenant_id uuid NOT NULL,
    until     timestamptz NOT NULL,
    whole_at  timestamptz NOT NULL,
    PRIMARY KEY (tenant_id)
);
COMMENT ON TABLE item_scans IS 'tenant: up to when the use of items was measured';
COMMENT ON TABLE item_quality IS 'tenant: how an item did in use, and what is wrong with it';

DO $$
DECLARE
    name text;
BEGIN
    FOREACH name IN ARRAY ARRAY['generation_jobs', 'generation_steps', 'model_answers', 'token_budgets', 'token_holds', 'questions_staging',
        'review_decisions', 'school_settings', 'provenance_cards', 'recalls', 'recalled_uses', 'item_vectors', 'stock_marks', 'item_quality', 'item_scans'] LOOP
        EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', name);
        EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', name);
        EXECUTE format('CREATE POLICY own_school ON %I TO lectern_app USING (tenant_id = lectern_tenant())'
            ' WITH CHECK (tenant_id = lectern_tenant())', name);
    END LOOP;
    -- What lies here is nobody's but the factory's and the reviewers'.
    FOREACH name IN ARRAY ARRAY['generation_steps', 'model_answers', 'token_holds', 'questions_staging', 'review_decisions', 'item_vectors', 'item_scans'] LOOP
        EXECUTE format('REVOKE ALL ON %I FROM lectern_app', name);
    END LOOP;
END
$$;
GRANT SELECT, INSERT, UPDATE ON generation_jobs, token_budgets TO lectern_app;
REVOKE DELETE ON generation_jobs, token_budgets FROM lectern_app;
GRANT SELECT, INSERT, UPDATE, DELETE ON stock_marks, item_quality TO lectern_app;
GRANT SELECT, INSERT, UPDATE ON school_settings TO lectern_app;
REVOKE DELETE ON school_settings FROM lectern_app;
GRANT SELECT ON provenance_cards, recalled_uses TO lectern_app;
REVOKE INSERT, UPDATE, DELETE ON provenance_cards, recalled_uses FROM lectern_app;
GRANT SELECT, INSERT ON recalls TO lectern_app;
REVOKE UPDATE, DELETE ON recalls FROM lectern_app;
GRANT UPDATE ON recalls TO lectern_factory;
GRANT SELECT, INSERT ON recalled_uses TO lectern_factory;
GRANT SELECT, UPDATE ON questions_staging TO lectern_review;
GRANT SELECT, INSERT ON review_decisions TO lectern_review;
GRANT INSERT ON questions_staging TO lectern_review;
GRANT SELECT ON generation_steps, item_vectors TO lectern_review;
GRANT UPDATE ON provenance_cards TO lectern_review;
GRANT SELECT, INSERT, UPDATE ON questions_staging, provenance_cards TO lectern_factory;
GRANT SELECT, INSERT, DELETE ON generation_steps TO lectern_factory;
GRANT SELECT, INSERT, UPDATE, DELETE ON model_answers TO lectern_factory;
GRANT SELECT, INSERT, UPDATE, DELETE ON token_holds TO lectern_factory;
GRANT SELECT ON review_decisions TO lectern_factory;
GRANT SELECT, INSERT, UPDATE, DELETE ON item_vectors TO lectern_factory;
GRANT SELECT, INSERT, UPDATE ON item_scans TO lectern_factory;
