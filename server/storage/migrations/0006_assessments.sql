-- Assessments: what is asked, when, of whom, and how it counts.
SET LOCAL lock_timeout = '3s';

CREATE TABLE assessments (
    tenant_id            uuid NOT NULL,
    assessment_id        uuid NOT NULL,
    course_id            uuid NOT NULL,
    version              integer NOT NULL CHECK (version > 0),
    title                text NOT NULL CHECK (char_length(title) BETWEEN 1 AND 200),
    state                text NOT NULL DEFAULT 'draft' CHECK (state IN ('draft', 'published', 'archived')),
    opens_at             timestamptz,
    closes_at            timestamptz,
    materialised_version integer NOT NULL DEFAULT 0,
    released_at          timestamptz,
    created_at           timestamptz NOT NULL,
    updated_at           timestamptz NOT NULL,
    PRIMARY KEY (tenant_id, assessment_id),
    FOREIGN KEY (tenant_id, course_id) REFERENCES courses (tenant_id, course_id),
    CHECK (closes_at IS NULL OR opens_at IS NULL OR closes_at > opens_at)
);
CREATE INDEX assessments_by_course ON assessments (tenant_id, course_id, assessment_id);
COMMENT ON TABLE assessments IS 'tenant: assessments of a course, at their latest version';

CREATE TABLE assessment_versions (
    tenant_id     uuid NOT NULL,
    assessment_id uuid NOT NULL,
    version       integer NOT NULL,
    settings      jsonb NOT NULL,
    created_by    uuid NOT NULL,
    created_at    timestamptz NOT NULL,
    PRIMARY KEY (tenant_id, assessment_id, version),
    FOREIGN KEY (tenant_id, assessment_id) REFERENCES assessments (tenant_id, assessment_id)
);
COMMENT ON TABLE assessment_versions IS 'tenant: what an assessment was at each version; never changed';

CREATE TABLE accommodations (
    tenant_id          uuid NOT NULL,
    assessment_id      uuid NOT NULL,
    user_id            uuid NOT NULL,
    extra_time_percent integer NOT NULL DEFAULT 0 CHECK (extra_time_percent BETWEEN 0 AND 300),
    extra_attempts     integer NOT NULL DEFAULT 0 CHECK (extra_attempts BETWEEN 0 AND 20),
    closes_at          timestamptz,
    updated_at         timestamptz NOT NULL,
    PRIMARY KEY (tenant_id, assessment_id, user_id),
    FOREIGN KEY (tenant_id, assessment_id) REFERENCES assessments (tenant_id, assessment_id),
    FOREIGN KEY (tenant_id, user_id) REFERENCES users (tenant_id, user_id)
);
COMMENT ON TABLE accommodations IS 'tenant: what one learner is given beyond the settings of an assessment';

CREATE TABLE gradebooks (
    tenant_id  uuid NOT NULL,
    course_id  uuid NOT NULL,
    settings   jsonb NOT NULL,
    version    integer NOT NULL DEFAULT 1,
    updated_at timestamptz NOT NULL,
    PRIMARY KEY (tenant_id, course_id),
    FOREIGN KEY (tenant_id, course_id) REFERENCES courses (tenant_id, course_id)
);
COMMENT ON TABLE gradebooks IS 'tenant: categories, weights and letters of a course';

DO $$
DECLARE
    name text;
BEGIN
    FOREACH name IN ARRAY ARRAY['assessments', 'assessment_versions', 'accommodations', 'gradebooks'] LOOP
        EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', name);
        EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', name);
        EXECUTE format('CREATE POLICY own_school ON %I TO lectern_app USING (tenant_id = lectern_tenant())'
            ' WITH CHECK (tenant_id = lectern_tenant())', name);
    END LOOP;
END
$$;
GRANT SELECT, INSERT, UPDATE ON assessments, gradebooks TO lectern_app;
GRANT SELECT, INSERT, UPDATE, DELETE ON accommodations TO lectern_app;
GRANT SELECT, INSERT ON assessment_versions TO lectern_app;
REVOKE UPDATE, DELETE ON assessment_versions FROM lectern_app;
