-- What nodes have to say to each other while there is no bus between them.
SET LOCAL lock_timeout = '3s';

CREATE UNLOGGED TABLE node_letters (
    to_node   uuid NOT NULL,
    letter_id bigint NOT NULL GENERATED ALWAYS AS IDENTITY,
    sent_at   timestamptz NOT NULL DEFAULT clock_timestamp(),
    body      bytea NOT NULL,
    PRIMARY KEY (to_node, letter_id)
);
COMMENT ON TABLE node_letters IS 'local: questions and answers between nodes while Redis is away; read once, or dropped after a minute';
GRANT SELECT, INSERT, DELETE ON node_letters TO lectern_app;
REVOKE UPDATE ON node_letters FROM lectern_app;
