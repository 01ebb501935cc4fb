-- What happened, for those who act later: written with the thing itself, numbered and passed on by the relay.
SET LOCAL lock_timeout = '3s';

-- Ids commit out of order, so the relay takes only rows of transactions below the oldest that still runs.
CREATE TABLE outbox (
    outbox_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    xid       xid8 NOT NULL DEFAULT pg_current_xact_id(),
    shard     smallint NOT NULL CHECK (shard BETWEEN 0 AND 7),
    tenant_id uuid NOT NULL,
    key_id    uuid NOT NULL,
    name      text NOT NULL,
    data      jsonb NOT NULL,
    trace     text NOT NULL DEFAULT '',
    at        timestamptz NOT NULL
);
COMMENT ON TABLE outbox IS 'local: events that wait for their number; ids and figures only';

CREATE TABLE event_log (
    shard     smallint NOT NULL,
    seq       bigint NOT NULL CHECK (seq > 0),
    tenant_id uuid NOT NULL,
    key_id    uuid NOT NULL,
    name      text NOT NULL,
    data      jsonb NOT NULL,
    trace     text NOT NULL,
    at        timestamptz NOT NULL,
    PRIMARY KEY (shard, seq)
);
COMMENT ON TABLE event_log IS 'local: every event at its place in its shard, without a gap; the streams in Redis are a copy of its end';

CREATE TABLE projection_positions (
    projection text NOT NULL,
    shard      smallint NOT NULL,
    seq        bigint NOT NULL DEFAULT 0,
    PRIMARY KEY (projection, shard)
);
COMMENT ON TABLE projection_positions IS 'local: how far each reader of the events has come; moved with what it wrote';

CREATE TABLE dead_letters (
    projection text NOT NULL,
    shard      smallint NOT NULL,
    seq        bigint NOT NULL,
    error      text NOT NULL,
    at         timestamptz NOT NULL DEFAULT clock_timestamp(),
    PRIMARY KEY (projection, shard, seq)
);
COMMENT ON TABLE dead_letters IS 'local: events that a reader could not take in, to be looked at by people';

CREATE TABLE jobs (
    job_id      uuid PRIMARY KEY,
    kind        text NOT NULL,
    tenant_id   uuid NOT NULL,
    subject_id  uuid NOT NULL,
    data        jsonb NOT NULL DEFAULT '{}',
    state       text NOT NULL DEFAULT 'waiting' CHECK (state IN ('waiting', 'done', 'dead')),
    run_at      timestamptz NOT NULL,
    tries       integer NOT NULL DEFAULT 0,
    lease_until timestamptz,
    lease_token uuid,
    error       text NOT NULL DEFAULT '',
    created_at  timestamptz NOT NULL DEFAULT clock_timestamp(),
    done_at     timestamptz
);
CREATE INDEX jobs_to_do ON jobs (run_at, job_id) WHERE state = 'waiting';
COMMENT ON TABLE jobs IS 'local: work that is done later, leased by one worker at a time; ids only';

GRANT SELECT, INSERT, DELETE ON outbox TO lectern_app;
REVOKE UPDATE ON outbox FROM lectern_app;
GRANT INSERT ON outbox TO lectern_append;
GRANT SELECT, INSERT, DELETE ON event_log TO lectern_app;
REVOKE UPDATE ON event_log FROM lectern_app;
GRANT SELECT, INSERT, UPDATE, DELETE ON projection_positions, dead_letters, jobs TO lectern_app;

-- The shard of an aggregate: events of one attempt stay in order.
CREATE FUNCTION lectern_shard(key_id uuid) RETURNS smallint
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN (get_byte(uuid_send(key_id), 15) & 7)::smallint;
GRANT EXECUTE ON FUNCTION lectern_shard(uuid) TO lectern_app, lectern_append;
