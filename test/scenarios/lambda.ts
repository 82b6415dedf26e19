import {pathToFileURL} from 'node:url';
import serverlessExpress from '@codegenie/serverless-express';
import test from 'ava';
import {exampleFile, replaced, writeExamples} from '../helpers/docs/page.ts';
import {newTableUrl} from '../helpers/stores/dynamodb.ts';

// The recipe for Lambda, with the events that API Gateway sends and with a real DynamoDB protocol. No network of Amazon's.

type Result = {
	readonly statusCode: number;
	readonly body: string;
	readonly cookies?: string[];
	readonly multiValueHeaders?: Record<string, string[]>;
	readonly headers: Record<string, string | string[]>;
};

const cookiesOfMany = ({multiValueHeaders = {}}: Result): string[] =>
	multiValueHeaders['set-cookie'] ?? multiValueHeaders['Set-Cookie'] ?? [];

/** An event of each kind of gateway, and where it wants the cookies of a response. */
const gateways = {
	'payload 2.0 (HTTP API, function URL)': {
		event: (rawPath: string, cookies: readonly string[]) => ({
			version: '2.0',
			routeKey: '$default',
			rawPath,
			rawQueryString: '',
			...(cookies.length > 0 && {cookies}),
			headers: {host: 'api.example', 'x-forwarded-proto': 'https', 'x-forwarded-port': '443'},
			requestContext: {
				http: {method: 'GET', path: rawPath, sourceIp: '192.0.2.1', protocol: 'HTTP/1.1'},
				stage: '$default',
			},
			isBase64Encoded: false,
		}),
		cookies: ({cookies}: Result) => cookies ?? [],
	},
	'payload 1.0 (REST API)': {
		event: (path: string, cookies: readonly string[]) => ({
			version: '1.0',
			resource: '/{proxy+}',
			path,
			httpMethod: 'GET',
			headers: {
				Host: 'api.example',
				'X-Forwarded-Proto': 'https',
				...(cookies.length > 0 && {Cookie: cookies.join('; ')}),
			},
			multiValueHeaders: {
				Host: ['api.example'],
				'X-Forwarded-Proto': ['https'],
				...(cookies.length > 0 && {Cookie: [cookies.join('; ')]}),
			},
			queryStringParameters: null,
			multiValueQueryStringParameters: null,
			pathParameters: null,
			stageVariables: null,
			requestContext: {httpMethod: 'GET', path, stage: 'live', identity: {sourceIp: '192.0.2.1'}},
			body: null,
			isBase64Encoded: false,
		}),
		cookies: cookiesOfMany,
	},
	'ALB with multi-value headers': {
		event: (path: string, cookies: readonly string[]) => ({
			requestContext: {elb: {targetGroupArn: 'arn:aws:elasticloadbalancing:eu-central-1:1:targetgroup/shop/1'}},
			path,
			httpMethod: 'GET',
			multiValueQueryStringParameters: {},
			multiValueHeaders: {
				host: ['api.example'],
				'x-forwarded-proto': ['https'],
				'x-forwarded-for': ['192.0.2.1'],
				...(cookies.length > 0 && {cookie: [cookies.join('; ')]}),
			},
			body: '',
			isBase64Encoded: false,
		}),
		cookies: cookiesOfMany,
	},
};

const libraries = {
	'serverless-http': (code: string) => code,
	'@codegenie/serverless-express': (code: string) =>
		code
			.replace(
				"import serverless from 'serverless-http';",
				"import serverlessExpress from '@codegenie/serverless-express';",
			)
			.replace('serverless(app)', 'serverlessExpress({app: app.callback()})'),
};

test('the second library is what the recipe says', t => t.is(typeof serverlessExpress, 'function'));

for (const [library, use] of Object.entries(libraries)) {
	test.serial(`on Lambda by ${library}, a login lasts, and every cookie arrives`, async t => {
		const url = await newTableUrl();
		const {pathname, searchParams} = new URL(url);
		const endpoint = searchParams.get('endpoint');
		const code = replaced(use(exampleFile('docs/recipes/lambda.ts')), {
			'DynamoDBClient({})': `DynamoDBClient({region: 'us-east-1', endpoint: '${endpoint}', credentials: {accessKeyId: 'a', secretAccessKey: 'b'}})`,
			"'sessions'": `'${pathname.slice(1)}'`,
		});
		const at = await writeExamples(t, {'lambda.ts': code});
		const {handler} = (await import(pathToFileURL(at('lambda.ts')).href)) as {
			handler: (event: object, context: object) => Promise<Result>;
		};
		for (const [gateway, {event, cookies}] of Object.entries(gateways)) {
			const call = (path: string, sent: readonly string[] = []) =>
				handler(event(path, sent), {awsRequestId: '1', functionName: 'shop', callbackWaitsForEmptyEventLoop: false});
			t.is((await call('/')).body, 'nobody', gateway);

			const set = cookies(await call('/login'));
			t.deepEqual(set.map(line => line.split('=')[0]).toSorted(), ['sid', 'theme'], gateway);
			t.true(
				set.some(line => /^sid=.*; secure/i.test(line)),
				'the gateway says that it was HTTPS',
			);
			const sent = set.map(line => line.split(';')[0] ?? '');
			t.is((await call('/', sent)).body, 'ada', gateway);
			t.is(
				(
					await call(
						'/',
						sent.filter(pair => pair.startsWith('sid=')),
					)
				).body,
				'ada',
				gateway,
			);

			const cleared = cookies(await call('/logout', sent));
			t.true(
				cleared.some(line => /^sid=;.*1970/.test(line)),
				gateway,
			);
			t.is((await call('/', sent)).body, 'nobody', gateway);
		}
	});
}
