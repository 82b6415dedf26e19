/** A process whose listeners all throw: prints what its requests got, and whose errors were uncaught. */
import diagnosticsChannel from 'node:diagnostics_channel';
import {once} from 'node:events';
import type {AddressInfo} from 'node:net';
import Koa from 'koa';
import session from '../../../source/index.ts';
import {Client, type TestContext, testKeys} from '../http/app.ts';

const uncaught: string[] = [];
process.on('uncaughtException', error => uncaught.push(error.message));
for (const name of ['load', 'create', 'update', 'touch', 'destroy', 'regenerate']) {
	diagnosticsChannel.subscribe(`koa-server-session:${name}`, () => {
		throw new Error(name);
	});
}

const app = new Koa();
app.keys = testKeys;
app.use(session(app, {store: 'memory:', storeTimeout: '30s'}));
app.use(async context => {
	const {path, session} = context as unknown as TestContext;
	if (path === '/write') session['views'] = Number(session['views'] ?? 0) + 1;
	if (path === '/regenerate') await session.regenerate();
	if (path === '/destroy') await session.destroy();
	context.body = String(session['views']);
});
const server = app.listen(0, '127.0.0.1');
await once(server, 'listening');

const client = new Client((server.address() as AddressInfo).port);
const answers = [];
for (const path of ['/write', '/write', '/regenerate', '/destroy']) answers.push(await client.get(path));
console.log(
	JSON.stringify({statuses: answers.map(({status}) => status), bodies: answers.map(({body}) => body), uncaught}),
);
process.exit();
