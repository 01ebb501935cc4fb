// The other peer of the next lesson: Fastify 5 with every trick that Lectern uses: heads of items encoded when the list was filled, tails
// encoded once, both joined; commands of one turn of the loop in one write; a token check without a library's detours (HMAC with a
// KeyObject over the signed part, a head that is known by its bytes, no cache of tokens). It is spared what Lectern does beside. It prints
// its port, and ends with its standard input.
import { createHmac, createSecretKey, timingSafeEqual } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';

const [folder, redisPath, secret, itemsFile, check] = process.argv.slice(2);
const require = createRequire(`${folder}/package.json`);
const fastify = require('fastify');
const { Redis } = require('ioredis');
const { createVerifier } = require('fast-jwt');

const key = createSecretKey(Buffer.from(secret, 'hex'));
const redis = new Redis(redisPath, { enableAutoPipelining: true });
/** Version of an item -> the rest of its JSON, behind the head and a comma. */
const tails = new Map();
for (const [version, item] of Object.entries(JSON.parse(readFileSync(itemsFile, 'utf8')))) {
    tails.set(version, JSON.stringify(item).slice(1));
}

const heads = new Set();
/** The claims of a token of ours, or an exception. */
function byHand(token) {
    const end = token.lastIndexOf('.');
    const middle = token.indexOf('.');
    const head = token.slice(0, middle);
    if (!heads.has(head)) {
        if (JSON.parse(Buffer.from(head, 'base64url')).alg !== 'HS256') throw new Error('head');
        heads.add(head);
    }
    const made = createHmac('sha256', key).update(token.slice(0, end)).digest();
    const given = Buffer.from(token.slice(end + 1), 'base64url');
    if (given.length !== made.length || !timingSafeEqual(given, made)) throw new Error('signature');
    const claims = JSON.parse(Buffer.from(token.slice(middle + 1, end), 'base64url'));
    if (claims.exp <= Date.now() / 1000) throw new Error('expired');
    return claims;
}
const verified = check === 'by hand' ? byHand : createVerifier({ key: Buffer.from(secret, 'hex'), algorithms: ['HS256'], cache: false });

const app = fastify({ logger: false, disableRequestLogging: true });
app.post('/api/v1/courses/:course/next', (request, reply) => {
    let claims;
    try {
        claims = verified(request.headers.authorization.slice(7));
    } catch {
        reply.code(401).send({ code: 'token_invalid' });
        return;
    }
    redis.lpop(`{t${claims.tid}.u${claims.sub}.c${request.params.course}}:peer-tuned`, (error, batch) => {
        if (error || batch === null) {
            reply.code(404).send({ code: 'nothing' });
            return;
        }
        const [practice, versions, begun] = JSON.parse(batch);
        let said = `{"practice_id":"${practice}","items":[`;
        for (let at = 0; at < versions.length; at++) said += (at ? ',' : '') + begun[at] + ',' + tails.get(versions[at]);
        reply
            .header('cache-control', 'no-store')
            .header('lectern-path', 'warm')
            .header('content-type', 'application/json')
            .send(said + ']}');
    });
});

app.listen({ port: 0, host: '127.0.0.1' }).then(() => console.log(app.server.address().port));
app.server.keepAliveTimeout = 75_000;
process.stdin.resume().on('end', () => process.exit(0));
