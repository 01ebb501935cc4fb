-- Whom a teacher keeps out of a class is asked each time that somebody comes in.
SET lock_timeout = '3s';

-- What a first try that was broken off may have left.
DROP INDEX CONCURRENTLY IF EXISTS class_events_removals;

CREATE INDEX CONCURRENTLY IF NOT EXISTS class_events_removals ON class_events (tenant_id, class_id, (data ->> 'user'), at_ms)
    WHERE type = 'person.left' AND data ->> 'reason' = 'removed' AND by_user <> 'class';
