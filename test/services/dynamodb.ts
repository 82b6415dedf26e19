import {createRequire} from 'node:module';
import {type Server, startServer} from './server.ts';

const program = {
	command: process.execPath,
	protocol: 'http',
	args: (port: number) => [
		createRequire(import.meta.url).resolve('dynalite/cli.js'),
		...['--host', '127.0.0.1', '--port', String(port), '--path', 'data', '--createTableMs', '0'],
	],
	ping: ['GET / HTTP/1.1\r\nHost: dynamodb\r\n\r\n', 'HTTP/1.1 200'] as const,
};

/** A private server like DynamoDB, to be killed and paused: dynalite, which keeps what it has acknowledged. */
export const startDynamo = (): Promise<Server> => startServer(program);

/** The URL of a table, as `open()` understands it. */
export const tableUrl = ({url}: Pick<Server, 'url'>, table: string): string =>
	`dynamodb://us-east-1/${table}?endpoint=${url}`;

/** A server that many tests share, each with tables of its own: the one at `DYNAMODB_URL`, or one that is started here. */
export const sharedDynamo = async (): Promise<Pick<Server, 'url' | 'stop'>> => {
	const url = process.env['DYNAMODB_URL'];
	if (url) return {url, stop: async () => {}};

	const server = await startDynamo();
	return {url: tableUrl(server, 'sessions'), stop: server.stop};
};
