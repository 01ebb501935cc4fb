-- Live classes: which node owns which, and everything that happened in them.
SET LOCAL lock_timeout = '3s';

CREATE TABLE nodes (
    node_id     uuid PRIMARY KEY,
    lease_until timestamptz NOT NULL,
    started_at  timestamptz NOT NULL
);
COMMENT ON TABLE nodes IS 'local: live nodes, one row each, by the clock of this database; whose lease has run out owns nothing';

CREATE TABLE live_classes (
    tenant_id    uuid NOT NULL,
    class_id     uuid NOT NULL,
    owner_node   uuid NOT NULL,
    epoch        bigint NOT NULL CHECK (epoch > 0),
    seq          bigint NOT NULL DEFAULT 0 CHECK (seq >= 0),
    snapshot     jsonb,
    snapshot_seq bigint NOT NULL DEFAULT 0 CHECK (snapshot_seq >= 0),
    PRIMARY KEY (tenant_id, class_id),
    FOREIGN KEY (tenant_id, class_id) REFERENCES classes (tenant_id, class_id)
) WITH (fillfactor = 70);
COMMENT ON TABLE live_classes IS 'tenant: who owns a class, since which epoch, and how far its log goes';

CREATE TABLE class_events (
    tenant_id  uuid NOT NULL,
    class_id   uuid NOT NULL,
    seq        bigint NOT NULL CHECK (seq > 0),
    epoch      bigint NOT NULL,
    at_ms      bigint NOT NULL,
    by_user    text NOT NULL,
    type       text NOT NULL,
    command_id text,
    data       jsonb NOT NULL,
    PRIMARY KEY (tenant_id, class_id, seq),
    UNIQUE (tenant_id, class_id, by_user, command_id),
    FOREIGN KEY (tenant_id, class_id) REFERENCES live_classes (tenant_id, class_id)
);
CREATE INDEX class_events_deletions ON class_events (tenant_id, class_id, ((data ->> 'message')::bigint))
    WHERE type = 'chat.deleted';
COMMENT ON TABLE class_events IS 'tenant: the log of a class; appended to under its epoch, never changed';

DO $$
DECLARE
    name text;
BEGIN
    FOREACH name IN ARRAY ARRAY['live_classes', 'class_events'] LOOP
        EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', name);
        EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', name);
        EXECUTE format('CREATE POLICY own_school ON %I TO lectern_app USING (tenant_id = lectern_tenant())'
            ' WITH CHECK (tenant_id = lectern_tenant())', name);
        EXECUTE format('CREATE POLICY group_commit ON %I TO lectern_append USING (true) WITH CHECK (true)', name);
    END LOOP;
END
$$;
GRANT SELECT, INSERT, UPDATE, DELETE ON nodes TO lectern_app;
GRANT SELECT, INSERT, UPDATE ON live_classes TO lectern_app;
REVOKE DELETE ON live_classes FROM lectern_app;
GRANT SELECT ON class_events TO lectern_app;
REVOKE INSERT, UPDATE, DELETE ON class_events FROM lectern_app;
GRANT SELECT, UPDATE ON live_classes TO lectern_append;
GRANT SELECT, INSERT ON class_events TO lectern_append;

-- One group commit: append i (1..n) is classes[i] of tenants[i] from first_seqs[i] on; event j belongs to append event_of[j].
-- An append is taken whole or not at all: 'fenced' unless its node and epoch still own the class and it continues the
-- log without a gap; 'repeated' when one of its commands is in the log already.
CREATE FUNCTION append_class_events(
    tenants uuid[], classes uuid[], owner_nodes uuid[], epochs bigint[], first_seqs bigint[], last_seqs bigint[],
    event_of integer[], seqs bigint[], ats_ms bigint[], bys text[], types text[], command_ids text[], datas text[]
) RETURNS text[]
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp
AS $$
DECLARE
    outcomes text[];
BEGIN
    PERFORM 1 FROM live_classes AS c
        WHERE (c.tenant_id, c.class_id) IN (SELECT t, k FROM unnest(tenants, classes) AS a (t, k))
        ORDER BY c.tenant_id, c.class_id
        FOR UPDATE;

    SELECT array_agg(
        CASE
            WHEN c.class_id IS NULL THEN 'fenced'
            WHEN EXISTS (
                SELECT 1 FROM unnest(event_of, bys, command_ids) AS e (append, by_user, command_id)
                JOIN class_events AS old
                    ON old.tenant_id = a.tenant_id AND old.class_id = a.class_id
                    AND old.by_user = e.by_user AND old.command_id = e.command_id
                WHERE e.append = a.place
            ) THEN 'repeated'
            ELSE 'appended'
        END ORDER BY a.place)
    INTO outcomes
    FROM unnest(tenants, classes, owner_nodes, epochs, first_seqs)
        WITH ORDINALITY AS a (tenant_id, class_id, owner_node, epoch, first_seq, place)
    LEFT JOIN live_classes AS c
        ON c.tenant_id = a.tenant_id AND c.class_id = a.class_id
        AND c.owner_node = a.owner_node AND c.epoch = a.epoch AND c.seq = a.first_seq - 1;

    INSERT INTO class_events (tenant_id, class_id, seq, epoch, at_ms, by_user, type, command_id, data)
    SELECT tenants[e.append], classes[e.append], e.seq, epochs[e.append], e.at_ms, e.by_user, e.type, e.command_id, e.data::jsonb
    FROM unnest(event_of, seqs, ats_ms, bys, types, command_ids, datas)
        AS e (append, seq, at_ms, by_user, type, command_id, data)
    WHERE outcomes[e.append] = 'appended';

    UPDATE live_classes AS c SET seq = a.last_seq
    FROM unnest(tenants, classes, last_seqs) WITH ORDINALITY AS a (tenant_id, class_id, last_seq, place)
    WHERE c.tenant_id = a.tenant_id AND c.class_id = a.class_id AND outcomes[a.place] = 'appended';

    RETURN outcomes;
END
$$;
-- Its owner may do what the policies above say, and nothing else; a new owner needs CREATE for the moment of the change.
GRANT CREATE ON SCHEMA public TO lectern_append;
ALTER FUNCTION append_class_events(
    uuid[], uuid[], uuid[], bigint[], bigint[], bigint[], integer[], bigint[], bigint[], text[], text[], text[], text[]
) OWNER TO lectern_append;
REVOKE CREATE ON SCHEMA public FROM lectern_append;
REVOKE EXECUTE ON FUNCTION append_class_events(
    uuid[], uuid[], uuid[], bigint[], bigint[], bigint[], integer[], bigint[], bigint[], text[], text[], text[], text[]
) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION append_class_events(
    uuid[], uuid[], uuid[], bigint[], bigint[], bigint[], integer[], bigint[], bigint[], text[], text[], text[], text[]
) TO lectern_app;
