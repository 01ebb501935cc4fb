-- The question bank of a course, and what people upload.
SET LOCAL lock_timeout = '3s';

CREATE TABLE questions (
    tenant_id   uuid NOT NULL,
    question_id uuid NOT NULL,
    course_id   uuid NOT NULL,
    version     integer NOT NULL CHECK (version > 0),
    kind        text NOT NULL,
    title       text NOT NULL CHECK (char_length(title) BETWEEN 1 AND 200),
    skills      text[] NOT NULL DEFAULT '{}',
    tags        text[] NOT NULL DEFAULT '{}',
    level       smallint NOT NULL CHECK (level BETWEEN 1 AND 10),
    language    text NOT NULL,
    difficulty  smallint NOT NULL DEFAULT 50 CHECK (difficulty BETWEEN 0 AND 100),
    state       text NOT NULL DEFAULT 'published' CHECK (state IN ('draft', 'published', 'retired')),
    search      text NOT NULL DEFAULT '',
    created_at  timestamptz NOT NULL,
    updated_at  timestamptz NOT NULL,
    PRIMARY KEY (tenant_id, question_id),
    FOREIGN KEY (tenant_id, course_id) REFERENCES courses (tenant_id, course_id)
);
CREATE INDEX questions_by_course ON questions (tenant_id, course_id, title, question_id);
COMMENT ON TABLE questions IS 'tenant: the items of a bank, at their latest version';

CREATE TABLE question_versions (
    tenant_id   uuid NOT NULL,
    question_id uuid NOT NULL,
    version     integer NOT NULL,
    kind        text NOT NULL,
    content     json NOT NULL,
    key         json NOT NULL,
    created_by  uuid NOT NULL,
    created_at  timestamptz NOT NULL,
    PRIMARY KEY (tenant_id, question_id, version),
    FOREIGN KEY (tenant_id, question_id) REFERENCES questions (tenant_id, question_id)
);
COMMENT ON TABLE question_versions IS 'tenant: what an item said at each version (content: for learners; key: for the server); never changed, to the letter (json keeps the order of units that jsonb would lose)';

CREATE TABLE uploads (
    tenant_id    uuid NOT NULL,
    upload_id    uuid NOT NULL,
    user_id      uuid NOT NULL,
    name         text NOT NULL,
    type         text NOT NULL,
    size_bytes   bigint NOT NULL CHECK (size_bytes > 0),
    state        text NOT NULL DEFAULT 'started' CHECK (state IN ('started', 'ready', 'failed')),
    class_id     uuid,
    digest       text,
    created_at   timestamptz NOT NULL,
    expires_at   timestamptz NOT NULL,
    completed_at timestamptz,
    PRIMARY KEY (tenant_id, upload_id),
    FOREIGN KEY (tenant_id, user_id) REFERENCES users (tenant_id, user_id)
);
CREATE INDEX uploads_by_user ON uploads (tenant_id, user_id, upload_id);
CREATE INDEX uploads_started ON uploads (tenant_id, expires_at) WHERE state = 'started';
COMMENT ON TABLE uploads IS 'tenant: files that people send; the bytes are in the object store';

CREATE TABLE upload_links (
    tenant_id uuid NOT NULL,
    upload_id uuid NOT NULL,
    course_id uuid NOT NULL,
    PRIMARY KEY (tenant_id, upload_id, course_id),
    FOREIGN KEY (tenant_id, upload_id) REFERENCES uploads (tenant_id, upload_id),
    FOREIGN KEY (tenant_id, course_id) REFERENCES courses (tenant_id, course_id)
);
COMMENT ON TABLE upload_links IS 'tenant: the courses whose questions show a file: their people may see it';

DO $$
DECLARE
    name text;
BEGIN
    FOREACH name IN ARRAY ARRAY['questions', 'question_versions', 'uploads', 'upload_links'] LOOP
        EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', name);
        EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', name);
        EXECUTE format('CREATE POLICY own_school ON %I TO lectern_app USING (tenant_id = lectern_tenant())'
            ' WITH CHECK (tenant_id = lectern_tenant())', name);
    END LOOP;
END
$$;
GRANT SELECT, INSERT, UPDATE, DELETE ON questions, uploads, upload_links TO lectern_app;
GRANT SELECT, INSERT ON question_versions TO lectern_app;
REVOKE UPDATE, DELETE ON question_versions FROM lectern_app;

-- What was begun and never finished, in any school: ids only, for whoever tidies.
CREATE POLICY tidying ON uploads FOR SELECT TO lectern_append USING (true);
GRANT SELECT ON uploads TO lectern_append;
CREATE FUNCTION expired_uploads(at timestamptz, most integer) RETURNS TABLE (tenant_id uuid, upload_id uuid)
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp
AS $$
    SELECT u.tenant_id, u.upload_id FROM uploads AS u
        WHERE u.state = 'started' AND u.expires_at <= at ORDER BY u.expires_at LIMIT most
$$;
GRANT CREATE ON SCHEMA public TO lectern_append;
ALTER FUNCTION expired_uploads(timestamptz, integer) OWNER TO lectern_append;
REVOKE CREATE ON SCHEMA public FROM lectern_append;
REVOKE EXECUTE ON FUNCTION expired_uploads(timestamptz, integer) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION expired_uploads(timestamptz, integer) TO lectern_app;
