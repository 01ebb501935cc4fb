// A peer of the next lesson: Express 5, ioredis and jsonwebtoken as a careful team writes them; the secret is a KeyObject, made once,
// and what the items say is in memory. It is spared what Lectern does beside: revocations, rate limits, metrics, a second copy for a
// repeated request. It prints its port, and ends with its standard input.
import { createSecretKey } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';

const [folder, redisPath, secret, itemsFile] = process.argv.slice(2);
const require = createRequire(`${folder}/package.json`);
const express = require('express');
const { Redis } = require('ioredis');
const jwt = require('jsonwebtoken');

const key = createSecretKey(Buffer.from(secret, 'hex'));
const redis = new Redis(redisPath);
/** Version of an item -> kind, content, pictures. */
const items = JSON.parse(readFileSync(itemsFile, 'utf8'));

const app = express();
app.disable('x-powered-by');
app.disable('etag');
app.post('/api/v1/courses/:course/next', async (request, response) => {
    let claims;
    try {
        claims = jwt.verify((request.headers.authorization ?? '').slice(7), key, { algorithms: ['HS256'] });
    } catch {
        return response.status(401).json({ code: 'token_invalid' });
    }
    const batch = await redis.lpop(`{t${claims.tid}.u${claims.sub}.c${request.params.course}}:peer`);
    if (batch === null) return response.status(404).json({ code: 'nothing' });
    const lesson = JSON.parse(batch);
    response.set('Cache-Control', 'no-store').set('Lectern-Path', 'warm');
    response.json({
        practice_id: lesson.practice_id,
        items: lesson.items.map(({ version, ...head }) => ({ ...head, ...items[version] })),
    });
});

const server = app.listen(0, '127.0.0.1', () => console.log(server.address().port));
server.keepAliveTimeout = 75_000;
process.stdin.resume().on('end', () => process.exit(0));
