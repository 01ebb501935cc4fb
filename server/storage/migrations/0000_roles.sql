-- The roles of the house, and which tenant a transaction speaks for.
SET LOCAL lock_timeout = '2s';

-- lectern_app is what every node runs as: row-level security binds it. lectern_append owns the few SECURITY DEFINER
-- functions through which a group commit appends rows of many tenants at once; policies let it do that and no more.
-- Roles belong to the whole server, so another database of it, or its administrator, may have made them already.
-- Whoever makes a role may administer it, and that alone does not let them act as it: SET is granted beside.
DO $$
DECLARE
    wanted text;
BEGIN
    FOREACH wanted IN ARRAY ARRAY['lectern_app', 'lectern_append'] LOOP
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
    END LOOP;
END
$$;

REVOKE CREATE ON SCHEMA public FROM PUBLIC;
GRANT USAGE ON SCHEMA public TO lectern_app;
GRANT USAGE, CREATE ON SCHEMA public TO lectern_append;
ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO lectern_app;
ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT USAGE ON SEQUENCES TO lectern_app;
ALTER DEFAULT PRIVILEGES IN SCHEMA public REVOKE EXECUTE ON FUNCTIONS FROM PUBLIC;

-- The tenant of this transaction, or NULL: then row-level security shows nothing.
CREATE FUNCTION lectern_tenant() RETURNS uuid
    LANGUAGE sql STABLE PARALLEL SAFE
    RETURN nullif(current_setting('lectern.tenant', true), '')::uuid;
GRANT EXECUTE ON FUNCTION lectern_tenant() TO lectern_app, lectern_append;
