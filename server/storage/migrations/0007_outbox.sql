-- What happened, for those who act later: written with the thing itself, numbered and passed on by the relay.
SET LOCAL lock_timeout = '3s';

-- Ids commit out of order, and none is passed over: the relay takes rows out, so what commits later is found later. Whoever
-- writes an event has locked its attempt, so of two events of one attempt the earlier has the lower id.
CREATE TABLE outbox (
    outbox_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    shard     smallint NOT NULL CHECK (shard BETWEEN 0 AND 7),
    tenant_id uuid NOT NULL,
    key_id    uuid NOT NULL,
    name      text NOT NULL,
    data      jsonb NOT NULL,
    trace     text NOT NULL DEFAULT '',
    at        timestamptz NOT NULL
) WITH (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 5000, autovacuum_vacuum_cost_delay = 0);
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

CREATE TABLE event_heads (
    shard  smallint PRIMARY KEY CHECK (shard BETWEEN 0 AND 7),
    seq    bigint NOT NULL DEFAULT 0,
    log_id uuid NOT NULL
) WITH (fillfactor = 50);
INSERT INTO event_heads (shard, log_id)
    SELECT shard, log_id FROM (SELECT gen_random_uuid() AS log_id) AS one, generate_series(0, 7) AS shard;
COMMENT ON TABLE event_heads IS 'local: the number of the last event of each shard, and which life of the log this is';

CREATE TABLE projection_positions (
    projection text NOT NULL,
    shard      smallint NOT NULL,
    seq        bigint NOT NULL DEFAULT 0,
    PRIMARY KEY (projection, shard)
) WITH (fillfactor = 50);
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
GRANT SELECT, UPDATE ON event_heads TO lectern_app;
REVOKE INSERT, DELETE ON event_heads FROM lectern_app;
GRANT SELECT, INSERT, UPDATE, DELETE ON projection_positions, dead_letters, jobs TO lectern_app;

-- The shard of an aggregate: events of one attempt stay in order.
CREATE FUNCTION lectern_shard(key_id uuid) RETURNS smallint
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN (get_byte(uuid_send(key_id), 15) & 7)::smallint;
GRANT EXECUTE ON FUNCTION lectern_shard(uuid) TO lectern_app, lectern_append;
