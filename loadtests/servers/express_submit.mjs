// The peer of the answers: Express 5 and pg as a careful team writes them, a durable transaction an answer, keyed JWT.
// It is spared what Lectern does beside: no check of the attempt, no row-level security, no partitions, no rate limit.
// It prints its port, and ends with its standard input.
import { createHmac, createSecretKey, timingSafeEqual } from 'node:crypto';
import { createRequire } from 'node:module';

const [folder, database, secret] = process.argv.slice(2);
const require = createRequire(`${folder}/package.json`);
const express = require('express');
const pg = require('pg');

const key = createSecretKey(Buffer.from(secret, 'hex'));
const pool = new pg.Pool({ connectionString: database, max: 10 });

/** The claims of an HS256 token under our key, or null. */
function verified(token) {
    const [head, body, signature] = token.split('.');
    if (!signature || JSON.parse(Buffer.from(head, 'base64url')).alg !== 'HS256') return null;
    const made = createHmac('sha256', key).update(`${head}.${body}`).digest();
    const given = Buffer.from(signature, 'base64url');
    if (given.length !== made.length || !timingSafeEqual(given, made)) return null;
    const claims = JSON.parse(Buffer.from(body, 'base64url'));
    return claims.exp > Date.now() / 1000 ? claims : null;
}

const app = express();
app.disable('x-powered-by');
app.disable('etag');
app.put('/api/v1/attempts/:attempt/answers/:item', express.json(), async (request, response) => {
    const arrived = new Date();
    const claims = verified((request.headers.authorization ?? '').slice(7));
    if (!claims) return response.status(401).json({ code: 'token_invalid' });
    const { attempt, item } = request.params;
    const { opening, seq, value } = request.body;
    const client = await pool.connect();
    try {
        await client.query('BEGIN');
        await client.query({
            name: 'answer',
            text: 'INSERT INTO peer_answers (tenant_id, attempt_id, item_id, opening, seq, value, arrived_at, late) VALUES ($1, $2, $3, $4, $5, $6, $7, false)',
            values: [claims.tid, attempt, item, opening, seq, JSON.stringify(value), arrived],
        });
        await client.query({
            name: 'event',
            text: 'INSERT INTO peer_outbox (shard, tenant_id, key_id, name, data, at) VALUES (0, $1, $2, $3, $4, $5)',
            values: [claims.tid, attempt, 'attempt.answered', JSON.stringify({ attempt_id: attempt, user_id: claims.sub, item_id: item, opening, seq, late: false }), arrived],
        });
        await client.query('COMMIT');
    } catch (error) {
        await client.query('ROLLBACK');
        throw error;
    } finally {
        client.release();
    }
    response.json({ opening, seq, server_time: new Date().toISOString(), remaining_ms: 3_600_000, late: false });
});

const server = app.listen(0, '127.0.0.1', () => console.log(server.address().port));
server.keepAliveTimeout = 75_000;
process.stdin.resume().on('end', () => process.exit(0));
