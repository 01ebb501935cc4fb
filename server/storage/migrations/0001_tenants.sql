-- The school: who learns what, where and when; and what sign-in needs to remember.
-- Table comments say what kind a table is: 'tenant' (distributed by tenant_id, row-level security),
-- 'reference' (small, read by all), 'local' (of this cell alone; holds ids and keys, nothing that a person wrote).
SET LOCAL lock_timeout = '3s';

CREATE TABLE tenants (
    tenant_id  uuid PRIMARY KEY,
    slug       text NOT NULL UNIQUE CHECK (slug ~ '^[a-z0-9][a-z0-9-]{0,62}$'),
    name       text NOT NULL CHECK (char_length(name) BETWEEN 1 AND 200),
    host       text UNIQUE,
    active     boolean NOT NULL DEFAULT true,
    created_at timestamptz NOT NULL
);
COMMENT ON TABLE tenants IS 'reference: the schools; readable before the school of a caller is known';

CREATE TABLE users (
    tenant_id     uuid NOT NULL REFERENCES tenants (tenant_id),
    user_id       uuid NOT NULL,
    email         text NOT NULL CHECK (email = lower(email)),
    name          text NOT NULL,
    roles         text[] NOT NULL CHECK (cardinality(roles) > 0),
    password_hash text NOT NULL,
    active        boolean NOT NULL DEFAULT true,
    created_at    timestamptz NOT NULL,
    PRIMARY KEY (tenant_id, user_id),
    UNIQUE (tenant_id, email)
);
CREATE INDEX users_by_name ON users (tenant_id, name, user_id);
COMMENT ON TABLE users IS 'tenant: the people of a school';

CREATE TABLE sessions (
    tenant_id  uuid NOT NULL,
    session_id uuid NOT NULL,
    user_id    uuid NOT NULL,
    generation integer NOT NULL DEFAULT 1,
    rotated_at timestamptz NOT NULL,
    created_at timestamptz NOT NULL,
    expires_at timestamptz NOT NULL,
    ended_at   timestamptz,
    ended_by   text,
    PRIMARY KEY (tenant_id, session_id),
    FOREIGN KEY (tenant_id, user_id) REFERENCES users (tenant_id, user_id)
);
CREATE INDEX sessions_by_user ON sessions (tenant_id, user_id);
COMMENT ON TABLE sessions IS 'tenant: sign-ins; one row is one family of refresh tokens, of which only the latest generation is good';

CREATE TABLE courses (
    tenant_id  uuid NOT NULL REFERENCES tenants (tenant_id),
    course_id  uuid NOT NULL,
    title      text NOT NULL,
    archived   boolean NOT NULL DEFAULT false,
    version    integer NOT NULL DEFAULT 1,
    created_at timestamptz NOT NULL,
    PRIMARY KEY (tenant_id, course_id)
);
CREATE INDEX courses_by_title ON courses (tenant_id, title, course_id);
COMMENT ON TABLE courses IS 'tenant: courses';

CREATE TABLE enrolments (
    tenant_id    uuid NOT NULL,
    enrolment_id uuid NOT NULL,
    course_id    uuid NOT NULL,
    user_id      uuid NOT NULL,
    role         text NOT NULL CHECK (role IN ('teacher', 'student')),
    created_at   timestamptz NOT NULL,
    PRIMARY KEY (tenant_id, enrolment_id),
    UNIQUE (tenant_id, course_id, user_id),
    FOREIGN KEY (tenant_id, course_id) REFERENCES courses (tenant_id, course_id),
    FOREIGN KEY (tenant_id, user_id) REFERENCES users (tenant_id, user_id)
);
CREATE INDEX enrolments_by_user ON enrolments (tenant_id, user_id, course_id);
COMMENT ON TABLE enrolments IS 'tenant: who is in which course, and as what';

CREATE TABLE lessons (
    tenant_id  uuid NOT NULL,
    lesson_id  uuid NOT NULL,
    course_id  uuid NOT NULL,
    title      text NOT NULL,
    text       text NOT NULL,
    position   integer NOT NULL,
    version    integer NOT NULL DEFAULT 1,
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL,
    PRIMARY KEY (tenant_id, lesson_id),
    FOREIGN KEY (tenant_id, course_id) REFERENCES courses (tenant_id, course_id)
);
CREATE INDEX lessons_by_course ON lessons (tenant_id, course_id, position, lesson_id);
COMMENT ON TABLE lessons IS 'tenant: lessons of a course, in their order';

CREATE TABLE classes (
    tenant_id  uuid NOT NULL,
    class_id   uuid NOT NULL,
    course_id  uuid NOT NULL,
    title      text NOT NULL,
    state      text NOT NULL DEFAULT 'scheduled' CHECK (state IN ('scheduled', 'open', 'closed')),
    starts_at  timestamptz NOT NULL,
    ends_at    timestamptz NOT NULL CHECK (ends_at > starts_at),
    opened_at  timestamptz,
    closed_at  timestamptz,
    version    integer NOT NULL DEFAULT 1,
    created_at timestamptz NOT NULL,
    PRIMARY KEY (tenant_id, class_id),
    FOREIGN KEY (tenant_id, course_id) REFERENCES courses (tenant_id, course_id)
);
CREATE INDEX classes_by_course ON classes (tenant_id, course_id, starts_at, class_id);
CREATE INDEX classes_by_time ON classes (tenant_id, starts_at, class_id);
COMMENT ON TABLE classes IS 'tenant: the timetable of live classes';

CREATE TABLE idempotency (
    tenant_id   uuid NOT NULL REFERENCES tenants (tenant_id),
    user_id     uuid NOT NULL,
    route       text NOT NULL,
    key_hash    bytea NOT NULL,
    fingerprint bytea NOT NULL,
    answer      bytea NOT NULL,
    created_at  timestamptz NOT NULL,
    PRIMARY KEY (tenant_id, user_id, route, key_hash)
);
CREATE INDEX idempotency_by_age ON idempotency (tenant_id, created_at);
COMMENT ON TABLE idempotency IS 'tenant: sealed answers to mutations, kept a day, so that a repeat gets the same one';

CREATE TABLE signing_keys (
    key_id     text PRIMARY KEY,
    secret     bytea NOT NULL CHECK (octet_length(secret) >= 32),
    signs_from timestamptz NOT NULL
);
COMMENT ON TABLE signing_keys IS 'local: keys that sign tokens and cursors; the newest signs, the older ones still verify';

CREATE TABLE revocations (
    revocation_id uuid PRIMARY KEY,
    kind          text NOT NULL CHECK (kind IN ('session', 'user', 'class')),
    tenant_id     uuid NOT NULL,
    subject_id    uuid NOT NULL,
    class_id      uuid,
    noted_at      timestamptz NOT NULL,
    CHECK ((kind = 'class') = (class_id IS NOT NULL))
);
CREATE INDEX revocations_by_age ON revocations (noted_at);
COMMENT ON TABLE revocations IS 'local: what every node must stop honouring; ids only, kept until every token it speaks of has expired';

-- The second wall: whatever a query forgets, the rows of another school are not there.
DO $$
DECLARE
    name text;
BEGIN
    FOREACH name IN ARRAY ARRAY['users', 'sessions', 'courses', 'enrolments', 'lessons', 'classes', 'idempotency'] LOOP
        EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', name);
        EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', name);
        EXECUTE format(
            'CREATE POLICY own_school ON %I USING (tenant_id = lectern_tenant()) WITH CHECK (tenant_id = lectern_tenant())',
            name);
        EXECUTE format('GRANT SELECT, INSERT, UPDATE, DELETE ON %I TO lectern_app', name);
    END LOOP;
END
$$;

ALTER TABLE tenants ENABLE ROW LEVEL SECURITY;
ALTER TABLE tenants FORCE ROW LEVEL SECURITY;
CREATE POLICY any_school_is_found ON tenants FOR SELECT USING (true);
CREATE POLICY own_school_is_opened ON tenants FOR INSERT
    WITH CHECK (tenant_id = lectern_tenant());
CREATE POLICY own_school_is_changed ON tenants FOR UPDATE
    USING (tenant_id = lectern_tenant())
    WITH CHECK (tenant_id = lectern_tenant());
GRANT SELECT, INSERT, UPDATE ON tenants TO lectern_app;
GRANT SELECT, INSERT, UPDATE, DELETE ON signing_keys, revocations TO lectern_app;
