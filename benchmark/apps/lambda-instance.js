// One instance of a function on AWS Lambda. It is evaluated in the root, where the name of the package leads to its build,
// and prints what starting it and its requests cost, in milliseconds of CPU.
import Koa from 'koa';
import serverless from 'serverless-http';

const [kind, url, endpoint, table] = process.argv.slice(1);
const laterRequests = 50;

const openStore = async () => {
	if (kind === 'url') return url;
	const [{DynamoDBClient}, {DynamoStore}] = await Promise.all([
		import('@aws-sdk/client-dynamodb'),
		import('koa-server-session/stores/dynamodb'),
	]);
	return new DynamoStore(new DynamoDBClient({region: 'us-east-1', endpoint}), {table});
};

const app = new Koa();
app.keys = ['a benchmark needs a key of 32 characters too'];
app.proxy = true;
if (kind !== 'alone') {
	const {default: session} = await import('koa-server-session');
	app.use(session(app, {store: await openStore()}));
	app.use((ctx, next) => {
		if (ctx.path === '/login') ctx.session.user = 'ada';
		ctx.state.user = ctx.session.user;
		return next();
	});
}
app.use(ctx => {
	ctx.body = `${ctx.state.user}`;
});
const handler = serverless(app);

let last = 0;
const spent = () => {
	const {user, system} = process.cpuUsage();
	const now = (user + system) / 1000;
	const since = now - last;
	last = now;
	return since;
};

const request = (rawPath, cookies) =>
	handler(
		{
			version: '2.0',
			rawPath,
			rawQueryString: '',
			cookies,
			headers: {host: 'api.example', 'x-forwarded-proto': 'https'},
			requestContext: {http: {method: 'GET', path: rawPath, sourceIp: '192.0.2.1', protocol: 'HTTP/1.1'}},
			isBase64Encoded: false,
		},
		{},
	);

const start = spent();
const {cookies = []} = await request('/login', []);
const first = spent();
const held = cookies.map(cookie => cookie.split(';')[0]);
for (let done = 0; done < laterRequests; done++) {
	const {body} = await request('/', held);
	if (kind !== 'alone' && body !== 'ada') throw new Error(`Expected ada, got ${body}`);
}
console.log(JSON.stringify({start, first, later: spent() / laterRequests}));
process.exit();
